import { useMemo } from 'preact/hooks';
import { BeforeAfter, type Playable } from '../ui/before-after.tsx';
import type { Comparing, Tile } from './comparing.ts';
import { labelOf } from './methods.ts';
import { attachPanZoom } from './pan-zoom.ts';
import { usePane } from './use-pane.ts';

/** Two methods' pictures over each other. */
export function WipeStage({ comparing }: { comparing: Comparing }) {
  const { tiles, left, right, view, splitPercent, subject } = comparing;
  const play = useMemo(
    (): Playable => ({
      label: 'The picture: drag or arrow keys move it, plus and minus zoom, 0 shows all of it.',
      attach: (target) => attachPanZoom(target, view),
    }),
    [view],
  );
  const before = usePane(view, imageOf(tiles.value[left.value]));
  const after = usePane(view, imageOf(tiles.value[right.value]));
  const small = subject.value?.small;
  return (
    <BeforeAfter
      before={before}
      after={after}
      ratio={small ? small.width / small.height : 1.5}
      beforeLabel={labelOf(left.value)}
      afterLabel={after ? labelOf(right.value) : `${labelOf(right.value)}: not there`}
      splitPercent={splitPercent.value}
      onSplit={(percent) => {
        splitPercent.value = percent;
      }}
      play={play}
      testId="wipe"
    />
  );
}

function imageOf(tile: Tile | undefined): ImageData | null {
  return tile?.kind === 'done' ? tile.image : null;
}

import type { Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { BeforeAfter, type Playable } from '../ui/before-after.tsx';
import { formatMs } from '../ui/format.ts';
import { backendLabel, errorTitle } from '../ui/labels.ts';
import { type Comparing, labelOf, type METHODS, type Tile } from './comparing.ts';
import { usePicturePane } from './picture-pane.ts';
import { attachPanZoom, type View } from './viewport.ts';

interface MethodTileProps {
  method: (typeof METHODS)[number];
  tile: Tile;
  view: Signal<View>;
}

/** One method's picture with its quality and time, or the reason why it is missing. */
export function MethodTile({ method: { value, label, about }, tile, view }: MethodTileProps) {
  const holder = useRef<HTMLDivElement>(null);
  const element = usePicturePane(view, tile.kind === 'done' ? tile.image : null);
  useLayoutEffect(() => {
    holder.current?.replaceChildren(...(element ? [element] : []));
  }, [element]);
  useEffect(() => (element ? attachPanZoom(element, view) : undefined), [element, view]);

  return (
    <li class="tile" data-testid={`tile-${value}`} data-state={tile.kind}>
      <div class="tile__frame">
        <div class="tile__picture" ref={holder} />
        {tile.kind === 'working' && <p class="tile__message soft">Working …</p>}
        {tile.kind === 'failed' && (
          <div class="tile__message" role="note" data-reason={tile.error.reason}>
            <p class="tile__title">{errorTitle(tile.error.reason)}</p>
            <p class="small soft">{tile.error.message}</p>
          </div>
        )}
      </div>
      <div class="tile__line">
        <h3 class="tile__title">{label}</h3>
        {tile.kind === 'done' && tile.psnrDb !== null && (
          <span class="figures" data-testid="nearness">
            {psnrText(tile.psnrDb)}
          </span>
        )}
      </div>
      <p class="small soft">{tile.kind === 'done' && tile.work ? workText(tile.work) : about}</p>
    </li>
  );
}

function psnrText(psnrDb: number): string {
  return Number.isFinite(psnrDb) ? `${psnrDb.toFixed(2)} dB` : 'equal';
}

function workText({ backend, computeMs }: { backend: string; computeMs: number }): string {
  return `${formatMs(computeMs)} ms on the ${backendLabel(backend)} (${backend})`;
}

/** Two methods' pictures with a divider between them. */
export function SplitStage({ comparing }: { comparing: Comparing }) {
  const { tiles, left, right, view, splitPercent, subject } = comparing;
  const play = useMemo(
    (): Playable => ({
      label: 'The picture: drag or use the arrow keys to pan, plus and minus to zoom, 0 to reset.',
      attach: (target) => attachPanZoom(target, view),
    }),
    [view],
  );
  const before = usePicturePane(view, imageOf(tiles.value[left.value]));
  const after = usePicturePane(view, imageOf(tiles.value[right.value]));
  const small = subject.value?.small;
  return (
    <BeforeAfter
      before={before}
      after={after}
      ratio={small ? small.width / small.height : 1.5}
      beforeLabel={labelOf(left.value)}
      afterLabel={after ? labelOf(right.value) : `${labelOf(right.value)}: not available`}
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

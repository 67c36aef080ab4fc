import { effect, type ReadonlySignal, type Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { BeforeAfter, type Playable } from '../ui/before-after.tsx';
import { formatMs } from '../ui/format.ts';
import { backendLabel, errorTitle } from '../ui/labels.ts';
import { type Comparison, labelOf, type METHODS, type Tile } from './comparison.ts';
import type { Similarity } from './similarity.ts';
import { attachPanZoom, transformOf, type View } from './viewport.ts';

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
        {tile.kind === 'done' && tile.similarity && (
          <span class="figures" data-testid="nearness">
            {similarityText(tile.similarity)}
          </span>
        )}
      </div>
      <p class="small soft">{tile.kind === 'done' && tile.work ? workText(tile.work) : about}</p>
    </li>
  );
}

function similarityText({ psnrDb, ssim }: Similarity): string {
  return Number.isFinite(psnrDb) ? `${psnrDb.toFixed(2)} dB, ${ssim.toFixed(3)}` : 'equal';
}

function workText({ backend, computeMs }: { backend: string; computeMs: number }): string {
  return `${formatMs(computeMs)} ms on the ${backendLabel(backend)} (${backend})`;
}

/** Two methods' pictures with a divider between them. */
export function SplitStage({ comparison }: { comparison: Comparison }) {
  const { tiles, left, right, view, splitPercent, subject } = comparison;
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

/** An element that shows the visible part of one picture, with crisp pixels. */
export class PicturePane {
  readonly element = document.createElement('div');
  readonly #canvas = document.createElement('canvas');
  readonly #stopFollowing: () => void;

  constructor(view: ReadonlySignal<View>) {
    this.element.className = 'pane';
    this.#canvas.className = 'pane__picture';
    this.element.append(this.#canvas);
    this.#stopFollowing = effect(() => {
      this.#canvas.style.transform = transformOf(view.value);
      // Touch scrolls the page until the picture is zoomed in.
      this.element.classList.toggle('pane--zoomed', view.value.zoom > 1);
    });
  }

  show(image: ImageData): void {
    this.#canvas.width = image.width;
    this.#canvas.height = image.height;
    this.#canvas.getContext('2d', { alpha: false })?.putImageData(image, 0, 0);
  }

  dispose(): void {
    this.#stopFollowing();
    this.element.remove();
  }
}

/** A pane that lives as long as the component. @returns its element; null without a picture */
export function usePicturePane(view: ReadonlySignal<View>, image: ImageData | null): HTMLElement | null {
  const [pane, setPane] = useState<PicturePane | null>(null);
  useEffect(() => {
    const made = new PicturePane(view);
    setPane(made);
    return () => made.dispose();
  }, [view]);
  useLayoutEffect(() => {
    if (image) pane?.show(image);
  }, [pane, image]);
  return image && pane ? pane.element : null;
}

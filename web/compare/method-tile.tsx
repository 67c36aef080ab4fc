import type { Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { backendWords } from '../ui/backend-messages.ts';
import { errorTitle } from '../ui/error-titles.ts';
import { formatMs } from '../ui/format.ts';
import type { Tile } from './comparing.ts';
import type { METHODS } from './methods.ts';
import { attachPanZoom } from './pan-zoom.ts';
import { usePane } from './use-pane.ts';
import type { View } from './view.ts';

interface MethodTileProps {
  method: (typeof METHODS)[number];
  tile: Tile;
  view: Signal<View>;
}

/** One method's picture, or why there is none. */
export function MethodTile({ method: { value, label, about }, tile, view }: MethodTileProps) {
  const holder = useRef<HTMLDivElement>(null);
  const element = usePane(view, tile.kind === 'done' ? tile.image : null);
  useLayoutEffect(() => {
    holder.current?.replaceChildren(...(element ? [element] : []));
  }, [element]);
  useEffect(() => (element ? attachPanZoom(element, view) : undefined), [element, view]);

  return (
    <li class="tile" data-testid={`tile-${value}`} data-state={tile.kind}>
      <div class="tile__frame">
        <div class="tile__picture" ref={holder} />
        {tile.kind === 'working' && <p class="tile__words soft">Working …</p>}
        {tile.kind === 'failed' && (
          <div class="tile__words" role="note" data-reason={tile.error.reason}>
            <p class="tile__title">{errorTitle(tile.error.reason)}</p>
            <p class="small soft">{tile.error.message}</p>
          </div>
        )}
      </div>
      <div class="tile__line">
        <h3 class="tile__title">{label}</h3>
        {tile.kind === 'done' && tile.psnrDb !== null && (
          <span class="figures" data-testid="nearness">
            {nearnessWords(tile.psnrDb)}
          </span>
        )}
      </div>
      <p class="small soft">{tile.kind === 'done' && tile.work ? workWords(tile.work) : about}</p>
    </li>
  );
}

function nearnessWords(psnrDb: number): string {
  return Number.isFinite(psnrDb) ? `${psnrDb.toFixed(2)} dB` : 'equal';
}

function workWords({ backend, computeMs }: { backend: string; computeMs: number }): string {
  return `${formatMs(computeMs)} ms on the ${backendWords(backend)} (${backend})`;
}

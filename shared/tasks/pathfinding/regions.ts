import type { Steps } from '../steps.ts';
import { PATHFINDING } from '../tuning.ts';
import type { Grid } from './grid.ts';

/**
 * Which cells can be reached from one another: equal numbers; 0 are walls. A flood touches each cell once, where a search that finds
 * nothing orders all of them by cost. Diagonals cut no corners, so they lead nowhere that orthogonal steps do not.
 */
export function* regionsOf({ cost, offsets }: Grid): Steps<Uint32Array> {
  const regions = new Uint32Array(cost.length);
  const waiting = new Int32Array(cost.length);
  const sides = offsets.slice(0, 4);
  let count = 0;
  let looked = 0;
  for (let first = 0; first < cost.length; first++) {
    if (cost[first] === 0 || regions[first] !== 0) continue;
    regions[first] = ++count;
    waiting[0] = first;
    for (let size = 1; size > 0; ) {
      const cell = waiting[--size] ?? 0;
      for (const offset of sides) {
        const next = cell + offset;
        if (cost[next] === 0 || regions[next] !== 0) continue;
        regions[next] = count;
        waiting[size++] = next;
      }
      if (++looked % (PATHFINDING.cellsPerStep * FLOOD_CELLS_PER_SEARCHED) === 0) yield;
    }
  }
  return regions;
}

/** A flooded cell takes a tenth of a searched one's time or less. */
const FLOOD_CELLS_PER_SEARCHED = 10;

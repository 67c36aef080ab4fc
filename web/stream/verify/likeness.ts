import { STREAM } from '../tuning.ts';
import type { Thumbnail } from './thumbnail.ts';

const { width: WIDTH, height: HEIGHT } = STREAM.thumbnail;
/** Of what is left of a cell beside its neighbours, steps of 8 bits, root mean square: there is something to be seen. */
const SOMETHING = 2;
/** The other picture then shows something that is not there: far more than coding adds to an even one. */
const MUCH = 4 * SOMETHING;

/**
 * Do two pictures show the same? 1: yes; 0 and below: no; null: there is nothing on the first to tell by. It is the correlation of
 * what each cell is beside those around it, which neither another brightness, contrast or range of values changes, nor blur, nor
 * blocks: only that things are where they are. On a racing game at 20 frames/s the picture of half a second ago has 0.55 at most,
 * and what was coded twice by H.264 at 300 kb/s 0.85 at least.
 */
export function likeness(first: Thumbnail, second: Thumbnail): number | null {
  let both = 0;
  let firstPower = 0;
  let secondPower = 0;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const a = beside(first, x, y);
      const b = beside(second, x, y);
      both += a * b;
      firstPower += a * a;
      secondPower += b * b;
    }
  }
  const cells = WIDTH * HEIGHT;
  if (firstPower < cells * SOMETHING ** 2) return secondPower < cells * MUCH ** 2 ? null : 0;
  return secondPower === 0 ? 0 : both / Math.sqrt(firstPower * secondPower);
}

/** A cell less the mean of the nine around it; those on the edge repeat. */
function beside(cells: Thumbnail, x: number, y: number): number {
  let sum = 0;
  for (let dy = -1; dy <= 1; dy++) {
    const row = Math.min(HEIGHT - 1, Math.max(0, y + dy)) * WIDTH;
    for (let dx = -1; dx <= 1; dx++) sum += cells[row + Math.min(WIDTH - 1, Math.max(0, x + dx))] ?? 0;
  }
  return (cells[y * WIDTH + x] ?? 0) - sum / 9;
}

import { RAYTRACING } from '../tuning.ts';
import type { Tile } from './render.ts';

/** At most so many tiles, as square as they come out, that cover a tile without overlap. */
export function tilesOf(whole: Tile, parts: number): Tile[] {
  const affordable = Math.floor((whole.width * whole.height) / RAYTRACING.minTilePixels);
  const count = Math.max(1, Math.min(parts, affordable));
  const ideal = Math.round(Math.sqrt((count * whole.width) / whole.height));
  const columns = Math.min(whole.width, count, Math.max(1, ideal));
  const rows = Math.min(whole.height, Math.max(1, Math.floor(count / columns)));
  return Array.from({ length: columns * rows }, (_, i) => {
    const [column, row] = [i % columns, Math.trunc(i / columns)];
    const left = Math.round((whole.width * column) / columns);
    const top = Math.round((whole.height * row) / rows);
    return {
      x: whole.x + left,
      y: whole.y + top,
      width: Math.round((whole.width * (column + 1)) / columns) - left,
      height: Math.round((whole.height * (row + 1)) / rows) - top,
    };
  });
}

/** The pixels of tiles, put together; all RGBA. */
export function pasted(whole: Tile, tiles: readonly Tile[], pixels: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(whole.width * whole.height * 4);
  for (const [i, { x, y, width, height }] of tiles.entries()) {
    const part = pixels[i];
    if (!part) continue;
    for (let row = 0; row < height; row++) {
      const at = ((y - whole.y + row) * whole.width + x - whole.x) * 4;
      data.set(part.subarray(row * width * 4, (row + 1) * width * 4), at);
    }
  }
  return data;
}

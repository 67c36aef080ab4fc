import type { Features } from './reference.ts';

/** Colours behind what is all but transparent are noise, and weigh nothing here. */
export function largestVisibleDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const weight = (of: ArrayLike<number>) => (i % 4 === 3 ? 1 : (of[i | 3] ?? 0) / 255);
    largest = Math.max(largest, Math.abs((a[i] ?? 0) * weight(a) - (b[i] ?? 0) * weight(b)));
  }
  return largest;
}

/** Three channels of 0..1 as RGBA8. */
export function withAlpha({ width, height, data }: Features): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i++) pixels[Math.floor(i / 3) * 4 + (i % 3)] = (data[i] ?? 0) * 255;
  return pixels;
}

/** A picture, encoded for `page.evaluate`. */
export interface TestPicture {
  width: number;
  height: number;
  data: Uint8ClampedArray;
  base64: string;
}

/** A picture with edges in every direction, smooth parts, fine detail and alpha; different for every seed. */
export function testPicture(width: number, height: number, seed: number): TestPicture {
  const data = new Uint8ClampedArray(width * height * 4);
  const angle = seed * 0.7;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const along = Math.cos(angle) * x + Math.sin(angle) * y;
      const stripe = Math.floor(along / 5) % 2 === 0;
      const dot = (x * 7 + y * 13 + seed) % 11 === 0;
      data.set(
        [stripe ? 220 : 30, (x * 255) / width, dot ? 255 : (y * 255) / height, (x + y + seed) % 17 === 0 ? 128 : 255],
        (y * width + x) * 4,
      );
    }
  }
  return { width, height, data, base64: Buffer.from(data).toString('base64') };
}

/** Largest difference of any channel of any pixel, 0..255. */
export function largestDifference(a: Uint8Array, b: ArrayLike<number>): number {
  if (a.length !== b.length) return 255;
  let largest = 0;
  for (let index = 0; index < a.length; index++)
    largest = Math.max(largest, Math.abs((a[index] ?? 0) - (b[index] ?? 0)));
  return largest;
}

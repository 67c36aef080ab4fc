import { finish, type PixelImage } from '../../shared/tasks/definition.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { Backend } from './backend.ts';
import { EXCLUSIVE_SLOT } from './filter-benchmark.ts';
import { compositeOver } from './networks/backdrops.ts';

const SIDE = 36;

/** Pictures as games cut them out: edges are anti-aliased, and invisible pixels are black. */
const DISC = cutOut((x, y) => [255, 255, 255, covered(12 - Math.hypot(x, y))]);
const TEXT = cutOut((x, y) => [0, 0, 0, covered(1.3 - Math.abs(((x + 0.4 * y + 36) % 8) - 4))]);
const GLOW = cutOut((x, y) => [255, 190, 60, 1 - Math.hypot(x, y) / 16]);
const COLOURED = cutOut((x, y) => [220, 40 + 8 * (y + 12), 30, covered(11 - Math.hypot(x, y))]);

const [BLACK, GREY, WHITE] = [0, 128, 255];

/**
 * Bounds on rims, of 255. Over black and white a picture must look as if it had been laid over them before it was upscaled. Over a grey a network need not do
 * to an edge of half the contrast the half of what it does to the whole one. A coloured edge may be as bright as the grey, where filters and networks that look for
 * edges in brightness see none; and an overshoot that depends on the backdrop cannot be had by laying one picture over all of them. The rims that
 * these bounds are to keep out were of 84 to 118.
 */
const BOUNDS = [
  { name: 'a white disc', image: DISC, [BLACK]: 12, [GREY]: 20, [WHITE]: 12 },
  { name: 'black text', image: TEXT, [BLACK]: 8, [GREY]: 20, [WHITE]: 8 },
  { name: 'a glow', image: GLOW, [BLACK]: 3, [GREY]: 3, [WHITE]: 3 },
  { name: 'a coloured disc', image: COLOURED, [BLACK]: 32, [GREY]: 40, [WHITE]: 32 },
];

/**
 * Upscales transparent pictures and lays them over black, grey and white.
 *
 * @param most - how many pictures, beginning with a white disc: for backends that take seconds for each.
 * @returns a sentence for each that does not look as the picture does that was laid over it first and then upscaled. What that one overshoots the
 *   colours around it in its source does not count.
 */
export async function rimsOf(
  upscaled: (image: PixelImage) => Promise<PixelImage>,
  most = BOUNDS.length,
): Promise<string[]> {
  const rims: string[] = [];
  for (const { name, image, ...bounds } of BOUNDS.slice(0, most)) {
    const sharp = await upscaled(image);
    for (const [key, bound] of Object.entries(bounds)) {
      const grey = Number(key);
      const source = finish(compositeOver(image, grey));
      const expected = await upscaled(source);
      const rim = largestBeyond(finish(compositeOver(sharp, grey)), expected, withoutOvershoot(expected, source));
      if (rim > bound) rims.push(`${name} over ${grey}: ${rim}`);
    }
  }
  return rims;
}

/** What {@link rimsOf} takes, of a backend. */
export function doubler(backend: Pick<Backend, 'startPixels'>, quality: Quality) {
  return async ({ width, height, data }: PixelImage): Promise<PixelImage> => {
    const size = { width: 2 * width, height: 2 * height };
    const shape = { width, height, outWidth: size.width, outHeight: size.height, quality };
    const started = await backend.startPixels(Uint8Array.from(data), shape, EXCLUSIVE_SLOT);
    return { ...size, data: await started.finish() };
  };
}

/** Limits the colours of an upscaled picture to those of the 3x3 pixels of its source around each. */
function withoutOvershoot({ width, height, data }: PixelImage, source: PixelImage): PixelImage {
  const limited = new Uint8ClampedArray(data.length);
  const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most - 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let [least, most] = [255, 0];
        for (let n = 0; n < 9; n++) {
          const column = clamp(Math.floor((x * source.width) / width) + (n % 3) - 1, source.width);
          const row = clamp(Math.floor((y * source.height) / height) + Math.floor(n / 3) - 1, source.height);
          const near = source.data[(row * source.width + column) * 4 + channel] ?? 0;
          least = Math.min(least, near);
          most = Math.max(most, near);
        }
        const at = (y * width + x) * 4 + channel;
        limited[at] = Math.min(Math.max(data[at] ?? 0, least), most);
      }
    }
  }
  return { width, height, data: limited };
}

/** Zero for a value that lies between those of the two others. */
function largestBeyond({ data }: PixelImage, one: PixelImage, other: PixelImage): number {
  let most = 0;
  for (let i = 0; i < data.length; i++) {
    if (i % 4 === 3) continue;
    const [value = 0, first = 0, second = 0] = [data[i], one.data[i], other.data[i]];
    most = Math.max(most, Math.min(first, second) - value, value - Math.max(first, second));
  }
  return most;
}

function cutOut(at: (x: number, y: number) => readonly [number, number, number, number]): PixelImage {
  const data = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [red, green, blue, share] = at(x - SIDE / 2 + 0.3, y - SIDE / 2 + 0.2);
      if (share > 0) data.set([red, green, blue, share * 255], (y * SIDE + x) * 4);
    }
  }
  return { width: SIDE, height: SIDE, data: new Uint8Array(data) };
}

/** Share of a pixel inside an edge that is `distance` pixels from its centre. */
function covered(distance: number): number {
  return Math.min(Math.max(distance + 0.5, 0), 1);
}

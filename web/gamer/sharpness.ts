import { lumaOf } from '../../shared/detail.ts';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';

/** Pixels of the larger picture that a sample looks at. Reading more back from a GPU would be felt in the game. */
const SAMPLE = { width: 256, height: 144 } as const;
/** Samples that count: together they cover much of a picture, of which a part may be as smooth as a sky. */
const MAX_SAMPLES = 8;
/** The places of samples spread evenly over the picture in any number (R2, M. Roberts 2018: powers of the plastic number). */
const PLASTIC = 1.324_717_957_244_746;
/** Mean squared step between neighbours, of 255, below which there are no edges to compare. */
const MIN_ENERGY = 1;

type Context = OffscreenCanvasRenderingContext2D;

/** Measures how much stronger the edges of one picture are than those of another, now and then, on a small part of both. */
export class SharpnessMeter {
  /** Empty until the first sample, and where this browser cannot draw. */
  #contexts: readonly Context[] = [];
  readonly #samples: { before: number; after: number }[] = [];
  #count = 0;

  /**
   * Compares the same part of both pictures, the first stretched by the browser to the size of the second.
   *
   * @returns how much stronger edges are in the second, as a share: 0.2 for 20 %; NaN while there are none
   */
  sample(before: HTMLCanvasElement, after: HTMLCanvasElement): number {
    if (this.#contexts.length === 0)
      this.#contexts = [sampleContext(), sampleContext()].filter((context) => context !== null);
    if (this.#contexts.length < 2) return Number.NaN;
    const size = { width: Math.min(SAMPLE.width, after.width), height: Math.min(SAMPLE.height, after.height) };
    const x = Math.floor(fraction((this.#count + 1) / PLASTIC) * (after.width - size.width + 1));
    const y = Math.floor(fraction((this.#count + 1) / PLASTIC ** 2) * (after.height - size.height + 1));
    this.#count++;
    const [from, to] = this.#contexts.map((context, at) => {
      context.drawImage(at === 0 ? before : after, -x, -y, after.width, after.height);
      return gradientEnergy(context.getImageData(0, 0, size.width, size.height));
    });
    this.#samples.push({ before: from ?? 0, after: to ?? 0 });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    return this.#mean();
  }

  #mean(): number {
    const total = (which: 'before' | 'after') => this.#samples.reduce((sum, sample) => sum + sample[which], 0);
    const before = total('before');
    if (before < MIN_ENERGY * this.#samples.length) return Number.NaN;
    // The energy is of squares; how strong an edge looks goes with its root.
    return Math.sqrt(total('after') / before) - 1;
  }
}

/** Mean of the squared luma steps to the next pixel across and down, of 255. */
export function gradientEnergy({ data, width, height }: PictureSize & { data: ArrayLike<number> }): number {
  const luma = (at: number) => lumaOf(data[4 * at] ?? 0, data[4 * at + 1] ?? 0, data[4 * at + 2] ?? 0);
  let sum = 0;
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const at = y * width + x;
      const here = luma(at);
      sum += (luma(at + 1) - here) ** 2 + (luma(at + width) - here) ** 2;
    }
  }
  return sum / Math.max(1, (width - 1) * (height - 1));
}

function sampleContext(): Context | null {
  const context = new OffscreenCanvas(SAMPLE.width, SAMPLE.height).getContext('2d', {
    alpha: false,
    willReadFrequently: true,
  });
  // What a page does with a stretched canvas.
  if (context) context.imageSmoothingQuality = 'low';
  return context;
}

function fraction(value: number): number {
  return value - Math.floor(value);
}

import type { PixelImage } from '../../../shared/tasks/definition.ts';

/** Pixels repeated at the ends of a row so that no tap needs clamping: the first output pixel lies before the first input pixel. */
export const PAD_LEFT = 2;
const PAD_RIGHT = 2;
/** The tallest kernel reads four rows. */
const ROWS_KEPT = 4;

/** One row of the input as the filters read it, padded by {@link PAD_LEFT} on the left. */
export interface SourceRow {
  /** RGBA, 0..1, premultiplied. */
  color: Float32Array;
  /** Edges are detected in it. */
  luma: Float32Array;
}

/**
 * The input's rows, converted when they are needed: a whole 16-megapixel picture in floats would take 256 MiB.
 *
 * Colours are filtered premultiplied by alpha, so that the colours of invisible pixels weigh nothing: averaged straight, the black behind a
 * cut-out's edge would bleed into it as a dark fringe.
 */
export class SourceRows {
  readonly #image: PixelImage;
  readonly #kept: { y: number; row: SourceRow }[];

  constructor(image: PixelImage) {
    this.#image = image;
    const length = image.width + PAD_LEFT + PAD_RIGHT;
    this.#kept = Array.from({ length: ROWS_KEPT }, () => ({
      y: -1,
      row: { color: new Float32Array(length * 4), luma: new Float32Array(length) },
    }));
  }

  /** Rows outside the picture repeat its first or last one. A row is valid until four others were requested. */
  at(y: number): SourceRow {
    const inside = Math.min(Math.max(y, 0), this.#image.height - 1);
    const slot = this.#kept[inside % ROWS_KEPT];
    if (!slot) throw new RangeError(`row ${y} of ${this.#image.height}`);
    if (slot.y !== inside) {
      this.#convert(inside, slot.row);
      slot.y = inside;
    }
    return slot.row;
  }

  #convert(y: number, { color, luma }: SourceRow): void {
    const { width, data } = this.#image;
    for (let i = 0; i < luma.length; i++) {
      const x = Math.min(Math.max(i - PAD_LEFT, 0), width - 1);
      const from = (y * width + x) * 4;
      const alpha = (data[from + 3] ?? 0) / 255;
      const red = ((data[from] ?? 0) / 255) * alpha;
      const green = ((data[from + 1] ?? 0) / 255) * alpha;
      const blue = ((data[from + 2] ?? 0) / 255) * alpha;
      color[i * 4] = red;
      color[i * 4 + 1] = green;
      color[i * 4 + 2] = blue;
      color[i * 4 + 3] = alpha;
      // Green counts double, as the eye weighs it. Alpha counts so that black text on a transparent background has edges too.
      luma[i] = red * 0.25 + green * 0.5 + blue * 0.25 + alpha;
    }
  }
}

/** Positions of the pixels of one output axis among the input's, with pixel centres aligned, as GPU samplers do it. */
export interface AxisSamples {
  /** Index of the input pixel at or before each output pixel's centre; -1 before the first. */
  base: Int32Array;
  /** Distance past that pixel's centre, 0..1. */
  fraction: Float32Array;
}

/**
 * `((x + 0.5) * from / to - 0.5)` in whole numbers, as in the kernels: in floating point a centre that falls exactly on an input pixel
 * could be rounded to one side here and to the other on a GPU, which would select other taps.
 */
export function axisSamples(from: number, to: number): AxisSamples {
  const base = new Int32Array(to);
  const fraction = new Float32Array(to);
  const denominator = 2 * to;
  for (let x = 0; x < to; x++) {
    // Adding one whole pixel keeps the division from negative numbers.
    const numerator = (2 * x + 1) * from + to;
    const whole = Math.floor(numerator / denominator);
    base[x] = whole - 1;
    fraction[x] = (numerator - whole * denominator) / denominator;
  }
  return { base, fraction };
}

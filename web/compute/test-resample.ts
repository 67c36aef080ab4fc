import type { PixelImage } from '../../shared/tasks/definition.ts';

/** A picture whose buffer can be passed to ImageData. */
export interface OwnPixels {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** A resampling kernel: the weight of a source pixel by its distance, in source pixels. */
export interface Kernel {
  /** Whole pixels; the weight is 0 beyond it. */
  radius: number;
  weightAt(distance: number): number;
}

/** Cubic convolution (Keys, 1981). PyTorch and most GPUs use a = -0.75, Catmull-Rom splines -0.5. */
export function cubic(a: number): Kernel {
  return {
    radius: 2,
    weightAt(distance) {
      const x = Math.abs(distance);
      if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0;
    },
  };
}

export const LANCZOS3: Kernel = {
  radius: 3,
  weightAt: (distance) => (Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0),
};

/** Enlarges an opaque picture to twice its size, in sRGB-encoded values, with aligned pixel centres and repeated edges. */
export function doubled({ width, height, data }: PixelImage, kernel: Kernel): OwnPixels {
  const wide = new Float32Array(width * 2 * height * 3);
  const columns = tapsOf(width, kernel);
  const taps = kernel.radius * 2;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width * 2; x++, at += 3) {
      for (let tap = x * taps; tap < (x + 1) * taps; tap++) {
        const weight = columns.weights[tap] ?? 0;
        const pixel = (y * width + (columns.pixels[tap] ?? 0)) * 4;
        for (let colour = 0; colour < 3; colour++) {
          wide[at + colour] = (wide[at + colour] ?? 0) + weight * (data[pixel + colour] ?? 0);
        }
      }
    }
  }
  return withRowsDoubled(wide, width * 2, height, tapsOf(height, kernel), taps);
}

interface Taps {
  /** By output pixel and tap. */
  pixels: Int32Array;
  weights: Float32Array;
}

function withRowsDoubled(wide: Float32Array, width: number, height: number, rows: Taps, taps: number): OwnPixels {
  const data = new Uint8ClampedArray(width * height * 2 * 4);
  const row = new Float32Array(width * 3);
  for (let y = 0; y < height * 2; y++) {
    row.fill(0);
    for (let tap = y * taps; tap < (y + 1) * taps; tap++) {
      const weight = rows.weights[tap] ?? 0;
      const from = (rows.pixels[tap] ?? 0) * row.length;
      for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) + weight * (wide[from + i] ?? 0);
    }
    for (let x = 0, at = y * width * 4; x < row.length; x += 3, at += 4) {
      // A Uint8ClampedArray rounds and clamps.
      data[at] = row[x] ?? 0;
      data[at + 1] = row[x + 1] ?? 0;
      data[at + 2] = row[x + 2] ?? 0;
      data[at + 3] = 255;
    }
  }
  return { width, height: height * 2, data };
}

function tapsOf(size: number, { radius, weightAt }: Kernel): Taps {
  const taps = radius * 2;
  const pixels = new Int32Array(size * 2 * taps);
  const weights = new Float32Array(size * 2 * taps);
  for (let out = 0; out < size * 2; out++) {
    const position = (out + 0.5) / 2 - 0.5;
    const first = Math.floor(position) - radius + 1;
    const around = Array.from({ length: taps }, (_, tap) => weightAt(first + tap - position));
    // Lanczos weights do not quite add up to one.
    const sum = around.reduce((total, weight) => total + weight, 0);
    for (const [tap, weight] of around.entries()) {
      pixels[out * taps + tap] = Math.min(Math.max(first + tap, 0), size - 1);
      weights[out * taps + tap] = weight / sum;
    }
  }
  return { pixels, weights };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

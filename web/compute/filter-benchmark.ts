import type { PixelImage } from '../../shared/tasks/definition.ts';
import { IMAGE } from '../../shared/tasks/tuning.ts';
import { FILTERS, type Filter, upscale } from '../../shared/tasks/upscale.ts';
import type { Backend, UpscaleShape } from './backend.ts';
import { upscaleReference } from './reference/upscale.ts';
import type { TimeSlot } from './schedule.ts';
import { COMPUTE } from './tuning.ts';

/** Runs after the first, which pays for compiling and allocating. */
const MAX_RUNS = 8;

/** Alone on the machine and nobody to cancel it. */
export const EXCLUSIVE_SLOT: TimeSlot = { signal: new AbortController().signal, yieldNow: async () => {} };

/**
 * How fast a backend upscales, in units of `upscale.cost` per ms. Runs no longer than `budgetMs` and the one run that passes it.
 */
export async function measureFilterSpeed(backend: Backend, now: () => number, budgetMs: number): Promise<number> {
  const startMs = now();
  const image = testPattern(COMPUTE.probeWidth, COMPUTE.probeHeight);
  const shape = doubled(image, 'spatial');
  let bestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < MAX_RUNS && (run === 0 || now() - startMs < budgetMs); run++) {
    const runStartMs = now();
    await runOnce(backend, image, shape);
    bestMs = Math.min(bestMs, now() - runStartMs);
  }
  return upscale.cost(shape) / Math.max(bestMs, COMPUTE.leastProbeMs);
}

/** Does it answer as the reference does, at every quality? Throws MeshError when it does not answer at all. */
export async function filtersAreCorrect(backend: Backend): Promise<boolean> {
  const image = testPattern(COMPUTE.probeWidth, COMPUTE.probeHeight);
  for (const quality of FILTERS) if (!(await isRight(backend, image, quality))) return false;
  return true;
}

async function isRight(backend: Backend, image: PixelImage, quality: Filter): Promise<boolean> {
  const shape = doubled(image, quality);
  const answer = await runOnce(backend, image, shape);
  const expected = upscaleReference(image, shape);
  return answer.every((value, i) => Math.abs(value - (expected[i] ?? 0)) <= IMAGE.tolerance8bit);
}

async function runOnce(backend: Backend, { data }: PixelImage, shape: UpscaleShape): Promise<Uint8Array> {
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return (await backend.startPixels(pixels, shape, EXCLUSIVE_SLOT)).finish();
}

function doubled({ width, height }: PixelImage, quality: Filter): UpscaleShape & { quality: Filter } {
  return { width, height, outWidth: width * 2, outHeight: height * 2, quality };
}

/** Edges in every direction, slopes, fine patterns and see-through parts. */
export function testPattern(width: number, height: number): PixelImage {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isInDisc = (x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2;
      const isStripe = (x + 2 * y) % 11 < 3;
      const alpha = x > width * 0.8 ? (y * 255) / height : 255;
      data.set(
        [isInDisc ? 230 : 30, (x * 255) / width, isStripe ? 250 : (y * 200) / height, alpha],
        (y * width + x) * 4,
      );
    }
  }
  return { width, height, data };
}

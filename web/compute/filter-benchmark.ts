import type { PixelImage } from '../../shared/tasks/definition.ts';
import { FILTERS, type Filter, IMAGE, upscale } from '../../shared/tasks/upscale.ts';
import type { Backend, UpscaleShape } from './backend.ts';
import { MIN_MEASURED_MS } from './measured-speeds.ts';
import { upscaleReference } from './reference/upscale.ts';
import type { TimeSlot } from './schedule.ts';

/** Size, pixels, of the picture that a benchmark doubles: large enough to hide the cost of a dispatch, small enough for a software GPU. */
export const BENCHMARK_WIDTH = 160;
export const BENCHMARK_HEIGHT = 90;

/** Lets the event loop run. Rejects with MeshError `cancelled` when the machine is needed, so that measuring stops. */
export type Checkpoint = () => Promise<void>;

/** Timed runs of a filter. The fastest counts: the first pays for compiling and allocating. */
const MAX_RUNS = 8;

/** The time slot of work that has the machine to itself and cannot be cancelled. */
export const EXCLUSIVE_SLOT: TimeSlot = { signal: new AbortController().signal, yieldNow: async () => {} };

/**
 * Measures how fast a backend upscales, in units of `upscale.cost` per ms. Starts no run after `budgetMs` of runs, but always makes
 * one. Throws MeshError, and what `checkpoint` throws.
 *
 * @param checkpoint - called before each run. What it waits for does not count.
 */
export async function measureFilterSpeed(
  backend: Backend,
  now: () => number,
  budgetMs: number,
  checkpoint?: Checkpoint,
): Promise<number> {
  const image = testPattern(BENCHMARK_WIDTH, BENCHMARK_HEIGHT);
  const shape = doubled(image, 'spatial');
  let bestMs = Number.POSITIVE_INFINITY;
  let spentMs = 0;
  for (let run = 0; run < MAX_RUNS && (run === 0 || spentMs < budgetMs); run++) {
    await checkpoint?.();
    const startMs = now();
    await runOnce(backend, image, shape);
    const tookMs = now() - startMs;
    spentMs += tookMs;
    bestMs = Math.min(bestMs, tookMs);
  }
  return upscale.cost(shape) / Math.max(bestMs, MIN_MEASURED_MS);
}

/** Compares a backend's filters with the reference. Compiles what they need. Throws MeshError when the backend fails. */
export async function filtersAreCorrect(backend: Backend): Promise<boolean> {
  const image = testPattern(BENCHMARK_WIDTH, BENCHMARK_HEIGHT);
  for (const quality of FILTERS) if (!(await isCorrect(backend, image, quality))) return false;
  return true;
}

async function isCorrect(backend: Backend, image: PixelImage, quality: Filter): Promise<boolean> {
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

/** The pattern without transparent parts, which a network would take two runs for, and decoders do not give. */
export function opaquePattern(width: number, height: number): PixelImage {
  const { data } = testPattern(width, height);
  return { width, height, data: Uint8Array.from(data, (value, i) => (i % 4 === 3 ? 255 : value)) };
}

/** Draws edges in every direction, gradients, fine stripes and transparent parts. */
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

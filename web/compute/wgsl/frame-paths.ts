import { IMAGE } from '../../../shared/tasks/tuning.ts';
import { FILTERS, type Filter } from '../../../shared/tasks/upscale.ts';
import type { Backend } from '../backend.ts';
import { probePicture } from '../filter-benchmark.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { makeFrame, RgbaReader } from '../video-frames.ts';

/** Ways of a VideoFrame into the GPU, the cheapest first: as it lies there; copied by the GPU; through the processor. */
export const WAYS_IN = ['importExternalTexture', 'copyExternalImageToTexture', 'copyTo'] as const;
export type WayIn = (typeof WAYS_IN)[number];

/** Ways of the result out of it: a canvas that stays on the GPU; read back to the processor. */
export const WAYS_OUT = ['canvas', 'readback'] as const;
export type WayOut = (typeof WAYS_OUT)[number];

export interface FrameWays {
  frameIn: WayIn;
  frameOut: WayOut;
}

/** Works wherever WebGPU does. */
export const SAFE_WAYS: FrameWays = { frameIn: 'copyTo', frameOut: 'readback' };

const SIDE = 64;
/** The first run pays for compiling and allocating. */
const RUNS = 4;

/** A backend that can be told the ways it is to try. */
type Trier = Pick<Backend, 'openFrames'> & { ways: FrameWays };

/**
 * The fastest ways for frames into and out of this GPU that bring a known picture through intact. A software adapter is not put to
 * the test: there the short ways fail, and a canvas read back can take the browser's GPU process down with every page that uses it.
 */
export async function findFrameWays(backend: Trier, isSoftware: boolean, now: () => number): Promise<FrameWays> {
  if (isSoftware) return SAFE_WAYS;
  const frameIn = await fastest(
    backend,
    now,
    WAYS_IN.map((way) => ({ ...SAFE_WAYS, frameIn: way })),
  );
  const ways = await fastest(
    backend,
    now,
    WAYS_OUT.map((way) => ({ ...frameIn, frameOut: way })),
  );
  return (await worksAtEveryQuality(backend, ways, now)) ? ways : SAFE_WAYS;
}

/** Leaves what a stream will need compiled and run, at whatever quality: its first frame waits for nothing. */
async function worksAtEveryQuality(backend: Trier, ways: FrameWays, now: () => number): Promise<boolean> {
  for (const quality of FILTERS) {
    if ((await timeIntact(backend, { ways, quality, runs: 1 }, now)) === Number.POSITIVE_INFINITY) return false;
  }
  return true;
}

async function fastest(backend: Trier, now: () => number, candidates: FrameWays[]): Promise<FrameWays> {
  let best = { ways: SAFE_WAYS, ms: Number.POSITIVE_INFINITY };
  for (const ways of candidates) {
    const ms = await timeIntact(backend, { ways, quality: 'bilinear', runs: RUNS }, now);
    if (ms < best.ms) best = { ways, ms };
  }
  return best.ways;
}

interface Trial {
  ways: FrameWays;
  quality: Filter;
  runs: number;
}

/** Infinite when the picture does not come through. */
async function timeIntact(backend: Trier, { ways, quality, runs }: Trial, now: () => number): Promise<number> {
  const picture = probePicture(SIDE, SIDE);
  const target = { outWidth: SIDE * 2, outHeight: SIDE * 2, quality };
  // Opaque, as the frames of a decoder are.
  const pixels = Uint8Array.from(picture.data, (value, i) => (i % 4 === 3 ? 255 : value));
  const expected = upscaleReference({ ...picture, data: pixels }, target);
  const size = { width: SIDE, height: SIDE, strideBytes: SIDE * 4 };
  const frame = makeFrame(pixels, size, { timestamp: 1, duration: null, hasAlpha: false });
  const settled = backend.ways;
  backend.ways = ways;
  const frames = backend.openFrames(target);
  let bestMs = Number.POSITIVE_INFINITY;
  try {
    for (let run = 0; run < runs; run++) {
      const startMs = now();
      const sharp = await (await frames.start(frame)).finish();
      bestMs = Math.min(bestMs, now() - startMs);
      try {
        if (!(await isIntact(sharp, expected))) return Number.POSITIVE_INFINITY;
      } finally {
        sharp.close();
      }
    }
    return bestMs;
  } catch {
    // That is the answer: this way does not work here.
    return Number.POSITIVE_INFINITY;
  } finally {
    frame.close();
    frames.dispose();
    backend.ways = settled;
  }
}

async function isIntact(frame: VideoFrame, expected: Uint8ClampedArray): Promise<boolean> {
  const { data } = await new RgbaReader().read(frame);
  return (
    data.byteLength === expected.byteLength &&
    data.every((value, i) => Math.abs(value - (expected[i] ?? 0)) <= IMAGE.tolerance8bit)
  );
}

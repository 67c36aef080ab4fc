import { COMPUTE } from '../../../shared/tuning.ts';
import { makeFrame } from '../frames/make-frame.ts';
import { RgbaReader } from '../frames/rgba-reader.ts';
import { probePicture } from '../probe.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { type FrameWays, SAFE_WAYS, WAYS_IN, WAYS_OUT } from './frame-ways.ts';
import type { WgslBackend } from './wgsl-backend.ts';

const SIDE = 64;
/** The first run pays for compiling and allocating. */
const RUNS = 4;

/**
 * The fastest ways for frames into and out of this GPU that bring a known picture through intact. A software adapter is not put to
 * the test: there the short ways fail, and a canvas read back can take the browser's GPU process down with every page that uses it.
 */
export async function findFrameWays(backend: WgslBackend, isSoftware: boolean, now: () => number): Promise<FrameWays> {
  if (isSoftware) return SAFE_WAYS;
  const frameIn = await fastest(
    backend,
    now,
    WAYS_IN.map((way) => ({ ...SAFE_WAYS, frameIn: way })),
  );
  return fastest(
    backend,
    now,
    WAYS_OUT.map((way) => ({ ...frameIn, frameOut: way })),
  );
}

async function fastest(backend: WgslBackend, now: () => number, candidates: FrameWays[]): Promise<FrameWays> {
  let best = { ways: SAFE_WAYS, ms: Number.POSITIVE_INFINITY };
  for (const ways of candidates) {
    const ms = await timeIntact(backend, ways, now);
    if (ms < best.ms) best = { ways, ms };
  }
  return best.ways;
}

/** Infinite when the picture does not come through. */
async function timeIntact(backend: WgslBackend, ways: FrameWays, now: () => number): Promise<number> {
  const picture = probePicture(SIDE, SIDE);
  const target = { outWidth: SIDE * 2, outHeight: SIDE * 2, quality: 'bilinear' } as const;
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
    for (let run = 0; run < RUNS; run++) {
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
    data.every((value, i) => Math.abs(value - (expected[i] ?? 0)) <= COMPUTE.tolerance8bit)
  );
}

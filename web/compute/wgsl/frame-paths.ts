import { FILTERS, type Filter, IMAGE } from '../../../shared/tasks/upscale.ts';
import { type Backend, FRAME_EXPORTS, FRAME_IMPORTS, type FramePaths, SAFE_FRAME_PATHS } from '../backend.ts';
import { EXCLUSIVE_SLOT, opaquePattern } from '../filter-benchmark.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { makeFrame, RgbaReader } from '../video-frames.ts';
import { showsColors } from './frame-colors.ts';

const SIDE = 64;
/** Timed runs of a path. The fastest counts: the first pays for compiling and allocating. */
const RUNS = 4;

/** A backend whose frame paths can be set for a trial. */
type FramePathBackend = Pick<Backend, 'openFrames'> & { framePaths: FramePaths };

/**
 * Selects the fastest paths into and out of this GPU that bring a known picture through intact, and on the way in the colours of frames of
 * every kind. Known paths are only checked. A software
 * GPU is not tested: the fast paths fail there, and reading back a canvas can crash the browser's GPU process and every page that uses it.
 */
export async function selectFramePaths(
  backend: FramePathBackend,
  isSoftware: boolean,
  now: () => number,
  known?: FramePaths,
): Promise<FramePaths> {
  if (isSoftware) return SAFE_FRAME_PATHS;
  if (known && (await worksAtEveryQuality(backend, known, now)) && (await colorsAreRight(backend, known))) return known;
  const frameIn = await fastest(
    backend,
    now,
    FRAME_IMPORTS.map((path) => ({ ...SAFE_FRAME_PATHS, frameIn: path })),
    (framePaths) => colorsAreRight(backend, framePaths),
  );
  const framePaths = await fastest(
    backend,
    now,
    FRAME_EXPORTS.map((path) => ({ ...frameIn, frameOut: path })),
  );
  return (await worksAtEveryQuality(backend, framePaths, now)) ? framePaths : SAFE_FRAME_PATHS;
}

/** With frames of every kind, which takes longer than timing: only for paths that would be used. */
async function colorsAreRight(backend: FramePathBackend, framePaths: FramePaths): Promise<boolean> {
  const previous = backend.framePaths;
  backend.framePaths = framePaths;
  try {
    return await showsColors(backend);
  } catch {
    // This path does not work here.
    return false;
  } finally {
    backend.framePaths = previous;
  }
}

/** Also compiles and runs what a stream of either quality will need, so that its first frame waits for nothing. */
async function worksAtEveryQuality(
  backend: FramePathBackend,
  framePaths: FramePaths,
  now: () => number,
): Promise<boolean> {
  for (const quality of FILTERS) {
    if ((await timeIntact(backend, { framePaths, quality, runs: 1 }, now)) === Number.POSITIVE_INFINITY) return false;
  }
  return true;
}

/** The fastest candidate that is accepted. */
async function fastest(
  backend: FramePathBackend,
  now: () => number,
  candidates: FramePaths[],
  isAccepted: (framePaths: FramePaths) => Promise<boolean> = async () => true,
): Promise<FramePaths> {
  const timed: { framePaths: FramePaths; ms: number }[] = [];
  for (const framePaths of candidates) {
    const ms = await timeIntact(backend, { framePaths, quality: 'bilinear', runs: RUNS }, now);
    if (ms < Number.POSITIVE_INFINITY) timed.push({ framePaths, ms });
  }
  for (const { framePaths } of timed.sort((one, other) => one.ms - other.ms)) {
    if (await isAccepted(framePaths)) return framePaths;
  }
  return SAFE_FRAME_PATHS;
}

interface Trial {
  framePaths: FramePaths;
  quality: Filter;
  runs: number;
}

/** Infinite when the picture does not come through intact. */
async function timeIntact(
  backend: FramePathBackend,
  { framePaths, quality, runs }: Trial,
  now: () => number,
): Promise<number> {
  // As the frames of a decoder are.
  const picture = opaquePattern(SIDE, SIDE);
  const target = { outWidth: SIDE * 2, outHeight: SIDE * 2, quality };
  const expected = upscaleReference(picture, target);
  const size = { width: SIDE, height: SIDE, strideBytes: SIDE * 4 };
  const frame = makeFrame(picture.data, size, { timestamp: 1, duration: null, hasAlpha: false });
  const previous = backend.framePaths;
  backend.framePaths = framePaths;
  const frames = backend.openFrames(target);
  let bestMs = Number.POSITIVE_INFINITY;
  try {
    for (let run = 0; run < runs; run++) {
      const startMs = now();
      const sharp = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
      bestMs = Math.min(bestMs, now() - startMs);
      try {
        if (!(await isIntact(sharp, expected))) return Number.POSITIVE_INFINITY;
      } finally {
        sharp.close();
      }
    }
    return bestMs;
  } catch {
    // This path does not work here.
    return Number.POSITIVE_INFINITY;
  } finally {
    frame.close();
    frames.dispose();
    backend.framePaths = previous;
  }
}

async function isIntact(frame: VideoFrame, expected: Uint8ClampedArray): Promise<boolean> {
  const { data } = await new RgbaReader().read(frame);
  return (
    data.byteLength === expected.byteLength &&
    data.every((value, i) => Math.abs(value - (expected[i] ?? 0)) <= IMAGE.tolerance8bit)
  );
}

import { expect, test } from 'vitest';
import { FILTERS } from '../../../shared/tasks/upscale.ts';
import { type BackendFrames, type FramePaths, type FrameTarget, requireFilter, SAFE_FRAME_PATHS } from '../backend.ts';
import { timeOf } from '../frame-orientation.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { makeFrame, RgbaReader } from '../video-frames.ts';
import { selectFramePaths } from './frame-paths.ts';

type Run = FramePaths & { quality: string };

/** A simulated GPU that sharpens correctly except where `isWrong` says. Each path but the fastest takes 5 ms more. */
function simulatedGpu(isWrong: (ran: Run, frame: VideoFrame) => boolean) {
  const ran: Run[] = [];
  const time = { nowMs: 0 };
  const openFrames = ({ outWidth, outHeight, quality }: FrameTarget): BackendFrames => {
    const path = { ...backend.framePaths, quality };
    const start = async (frame: VideoFrame) => {
      ran.push(path);
      time.nowMs += 1 + (path.frameIn === 'importExternalTexture' ? 0 : 5) + (path.frameOut === 'canvas' ? 0 : 5);
      const target = requireFilter({ outWidth, outHeight, quality });
      const pixels = upscaleReference(await new RgbaReader().read(frame), target);
      if (isWrong(path, frame)) pixels.fill(7);
      const size = { width: outWidth, height: outHeight, strideBytes: outWidth * 4 };
      const sharp = makeFrame(pixels, size, timeOf(frame));
      return { isDone: true, finish: async () => sharp };
    };
    return { start, dispose: () => {} };
  };
  const backend = { framePaths: SAFE_FRAME_PATHS, openFrames };
  return { backend, ran, now: () => time.nowMs };
}

const quickest: FramePaths = { frameIn: 'importExternalTexture', frameOut: 'canvas' };

test('what streams of every quality need has run before the volunteer offers itself', async () => {
  const { backend, ran, now } = simulatedGpu(() => false);
  expect(await selectFramePaths(backend, false, now)).toEqual(quickest);
  for (const quality of FILTERS) expect(ran).toContainEqual({ ...quickest, quality });
});

test('a path that is right at one quality only is not used', async () => {
  const { backend, now } = simulatedGpu(({ frameIn, quality }) => frameIn !== 'copyTo' && quality !== 'bilinear');
  expect(await selectFramePaths(backend, false, now)).toEqual(SAFE_FRAME_PATHS);
});

test('known paths are only checked, and selected again when they are wrong by now', async () => {
  const { backend, ran, now } = simulatedGpu(() => false);
  expect(await selectFramePaths(backend, false, now, SAFE_FRAME_PATHS)).toEqual(SAFE_FRAME_PATHS);
  expect(new Set(ran.map(({ frameIn, frameOut }) => `${frameIn} ${frameOut}`))).toEqual(new Set(['copyTo readback']));
  const changed = simulatedGpu(({ frameOut }) => frameOut === 'canvas');
  const selected = await selectFramePaths(changed.backend, false, changed.now, quickest);
  expect(selected).toEqual({ ...quickest, frameOut: 'readback' });
});

test('the fastest correct path is selected, and a software GPU is not tested', async () => {
  const { backend, ran, now } = simulatedGpu(
    ({ frameIn, frameOut }) => frameIn === quickest.frameIn || frameOut === 'canvas',
  );
  expect(await selectFramePaths(backend, true, now)).toEqual(SAFE_FRAME_PATHS);
  expect(ran).toEqual([]);
  expect(await selectFramePaths(backend, false, now)).toMatchObject({ frameOut: 'readback' });
  expect(backend.framePaths, 'and nothing is left as it was tried').toEqual(SAFE_FRAME_PATHS);
});

test.each([
  ['NV12 of BT.601', ({ format, colorSpace }: VideoFrame) => format === 'NV12' && colorSpace.matrix === 'smpte170m'],
  ['I420 in full range', ({ format, colorSpace }: VideoFrame) => format === 'I420' && colorSpace.fullRange === true],
  ['translucent frames', ({ format }: VideoFrame) => format === 'RGBA'],
])('a path that is wrong for %s is not used', async (_name, isKind) => {
  const isWrong = ({ frameIn }: Run, frame: VideoFrame) => frameIn === 'importExternalTexture' && isKind(frame);
  const { backend, now } = simulatedGpu(isWrong);
  const selected = await selectFramePaths(backend, false, now);
  expect([selected.frameIn === quickest.frameIn, selected.frameOut]).toEqual([false, quickest.frameOut]);
  expect(await selectFramePaths(backend, false, now, quickest), 'nor kept').toEqual(selected);
});

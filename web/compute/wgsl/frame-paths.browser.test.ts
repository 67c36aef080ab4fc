import { expect, test } from 'vitest';
import { FILTERS } from '../../../shared/tasks/upscale.ts';
import { type BackendFrames, type FrameTarget, requireFilter } from '../backend.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { makeFrame, RgbaReader, timeOf } from '../video-frames.ts';
import { type FrameWays, findFrameWays, SAFE_WAYS } from './frame-paths.ts';

type Ran = FrameWays & { quality: string };

/** A GPU that sharpens as it should, but where `isWrong` says. Each way but the quickest takes 5 ms more. */
function pretendGpu(isWrong: (ran: Ran) => boolean) {
  const ran: Ran[] = [];
  const time = { nowMs: 0 };
  const openFrames = ({ outWidth, outHeight, quality }: FrameTarget): BackendFrames => {
    const way = { ...backend.ways, quality };
    const start = async (frame: VideoFrame) => {
      ran.push(way);
      time.nowMs += 1 + (way.frameIn === 'importExternalTexture' ? 0 : 5) + (way.frameOut === 'canvas' ? 0 : 5);
      const target = requireFilter({ outWidth, outHeight, quality });
      const pixels = upscaleReference(await new RgbaReader().read(frame), target);
      if (isWrong(way)) pixels.fill(7);
      const size = { width: outWidth, height: outHeight, strideBytes: outWidth * 4 };
      const sharp = makeFrame(pixels, size, timeOf(frame));
      return { isDone: true, finish: async () => sharp };
    };
    return { start, dispose: () => {} };
  };
  const backend = { ways: SAFE_WAYS, openFrames };
  return { backend, ran, now: () => time.nowMs };
}

const quickest: FrameWays = { frameIn: 'importExternalTexture', frameOut: 'canvas' };

test('what streams of every quality need has run before the machine is offered', async () => {
  const { backend, ran, now } = pretendGpu(() => false);
  expect(await findFrameWays(backend, false, now)).toEqual(quickest);
  for (const quality of FILTERS) expect(ran).toContainEqual({ ...quickest, quality });
});

test('a way that brings pictures through at one quality only is not used', async () => {
  const { backend, now } = pretendGpu(({ frameIn, quality }) => frameIn !== 'copyTo' && quality !== 'bilinear');
  expect(await findFrameWays(backend, false, now)).toEqual(SAFE_WAYS);
});

test('the fastest of those that are right is taken; a software adapter is not put to the test', async () => {
  const { backend, ran, now } = pretendGpu(
    ({ frameIn, frameOut }) => frameIn === quickest.frameIn || frameOut === 'canvas',
  );
  expect(await findFrameWays(backend, true, now)).toEqual(SAFE_WAYS);
  expect(ran).toEqual([]);
  expect(await findFrameWays(backend, false, now)).toMatchObject({ frameOut: 'readback' });
  expect(backend.ways, 'and nothing is left as it was tried').toEqual(SAFE_WAYS);
});

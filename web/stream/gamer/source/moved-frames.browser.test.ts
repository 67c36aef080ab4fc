// Protects: a port carries the frames of streams that a script writes, and of all where none can be transferred, with the bounds of the stream itself.
import { afterEach, expect, test } from 'vitest';
import { forgetOpenFrames, openFrames } from '../test-frame-ledger.ts';
import { adoptFrames, canTransferStreams, movable, movedOneByOne, releaseFrames } from './moved-frames.ts';

afterEach(() => expect.poll(openFrames).toBe(0));

function frame(timestamp: number): VideoFrame {
  return new VideoFrame(new Uint8Array(4), { format: 'RGBX', codedWidth: 1, codedHeight: 1, timestamp });
}

/** Gives one frame for each that is asked for, up to `count`. */
function counted(count: number) {
  const given = { frames: 0, isCancelled: false };
  const frames = new ReadableStream<VideoFrame>(
    {
      pull(controller) {
        if (given.frames === count) controller.close();
        else controller.enqueue(frame(given.frames++));
      },
      cancel() {
        given.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { frames, given };
}

test('frames come in order, at most one waits, and their end comes too', async () => {
  forgetOpenFrames();
  const { frames, given } = counted(3);
  const moved = movable(frames, false);
  expect(moved).toBeInstanceOf(MessagePort);
  await expect.poll(() => given.frames).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(given.frames).toBe(1);
  const reader = adoptFrames(moved).getReader();
  for (const number of [0, 1, 2]) {
    const { value } = await reader.read();
    expect(value?.timestamp).toBe(number);
    expect(given.frames).toBeLessThanOrEqual(number + 2);
    value?.close();
  }
  expect(await reader.read()).toEqual({ done: true, value: undefined });
});

test('a reader that stops ends the source', async () => {
  forgetOpenFrames();
  const { frames, given } = counted(3);
  const reader = adoptFrames(movable(frames, false)).getReader();
  (await reader.read()).value?.close();
  await reader.cancel();
  await expect.poll(() => given.isCancelled).toBe(true);
});

test('a frame that is on its way when its reader stops is closed, and one that waits to be asked for', async () => {
  forgetOpenFrames();
  for (const readsFirst of [true, false]) {
    const { frames, given } = counted(5);
    const reader = adoptFrames(movedOneByOne(frames)).getReader();
    if (readsFirst) (await reader.read()).value?.close();
    const reading = reader.read();
    await reader.cancel();
    (await reading).value?.close();
    await expect.poll(() => given.isCancelled).toBe(true);
  }
});

test('a source that fails says why', async () => {
  forgetOpenFrames();
  const failing = new ReadableStream<VideoFrame>({ pull: () => Promise.reject(new Error('unplugged')) });
  await expect(adoptFrames(movable(failing, false)).getReader().read()).rejects.toThrow('unplugged');
});

test('Chromium transfers streams, and they are left as they are', () => {
  const frames = new ReadableStream<VideoFrame>();
  expect([canTransferStreams(), movable(frames)]).toEqual([true, frames]);
});

test.each([true, false])('what is not read after all ends its source (streams can be transferred: %s)', async (can) => {
  forgetOpenFrames();
  const { frames, given } = counted(3);
  releaseFrames(movable(frames, can));
  await expect.poll(() => given.isCancelled).toBe(true);
  const [track] = document.createElement('canvas').captureStream().getVideoTracks();
  if (track) releaseFrames(track);
  expect(track?.readyState).toBe('ended');
});

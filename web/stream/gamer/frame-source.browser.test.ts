import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openSource, SourceReader } from './frame-source.ts';
import { adoptFrames, releaseFrames } from './source/moved-frames.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function stillTrack(): MediaStreamTrack {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  canvas.getContext('2d')?.fillRect(0, 0, 10, 10);
  const [track] = canvas.captureStream().getVideoTracks();
  if (!track) throw new Error('no track');
  onTestFinished(() => track.stop());
  return track;
}

test('a still track gives its current frame again on request, after its first one was read', async () => {
  const { frames, again, stop } = await openSource(stillTrack(), () => false);
  const reader = adoptFrames(frames).getReader();
  (await reader.read()).value?.close();
  const second = reader.read();
  again();
  const { value } = await second;
  expect([value?.displayWidth, value?.displayHeight]).toEqual([64, 36]);
  value?.close();
  stop();
});

test('a track that has ended is not asked for a frame again', async () => {
  const track = stillTrack();
  const { frames, again, stop } = await openSource(track, () => false);
  track.stop();
  again();
  stop();
  const reader = adoptFrames(frames).getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) value?.close();
});

test.each([
  [1, 4_000],
  [4_000, 1],
  [0, 0],
])('a canvas of %ix%i, whose frames no stream takes, is refused at once', async (width, height) => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const message = expect.stringContaining(`at least 2x2 pixels, not ${width}x${height}`);
  await expect(openSource(canvas, () => true)).rejects.toMatchObject({ reason: 'bad-input', message });
});

/** As in Safari, where tracks can be moved, and their frames are read in workers alone. */
function asInSafari(): void {
  vi.spyOn(MessagePort.prototype, 'postMessage').mockImplementation(() => {});
  vi.stubGlobal('MediaStreamTrackProcessor', undefined);
}

test('the copy of a camera for the worker is stopped with the stream, also when it was never moved there', async () => {
  const track = stillTrack();
  asInSafari();
  const { frames, stop } = await openSource(track, () => true);
  if (!(frames instanceof MediaStreamTrack)) throw new Error('not a copy');
  expect([frames === track, frames.readyState]).toEqual([false, 'live']);
  stop();
  expect([track.readyState, frames.readyState]).toEqual(['live', 'ended']);
});

test('a page that stops its own track ends the copy of it in the worker, and is told so', async () => {
  const track = stillTrack();
  asInSafari();
  const { frames, watchEnd, stop } = await openSource(track, () => true);
  vi.unstubAllGlobals();
  const end = new Promise<string>((resolve) => {
    const reader = new SourceReader(frames, null, {
      onFrame: (frame) => frame.close(),
      onEnd: ({ reason }) => resolve(reason),
    });
    watchEnd?.(() => void reader.end());
  });
  track.stop();
  expect(await end).toBe('source-ended');
  expect((frames as MediaStreamTrack).readyState).toBe('ended');
  stop();
});

test('a reader that stops first takes the frame that is on its way, which Chromium would leave open otherwise', async () => {
  const cancelled = vi.fn();
  let give = (_frame: VideoFrame) => {};
  const frames = new ReadableStream<VideoFrame>(
    {
      pull: (controller) =>
        new Promise((resolve) => {
          give = (frame) => {
            controller.enqueue(frame);
            resolve();
          };
        }),
      cancel: cancelled,
    },
    { highWaterMark: 0 },
  );
  const onFrame = vi.fn();
  const reader = new SourceReader(frames, null, { onFrame, onEnd: onFrame });
  const stopped = reader.stop();
  await Promise.resolve();
  expect(cancelled).not.toHaveBeenCalled();
  const frame = new VideoFrame(new Uint8Array(4 * 4 * 4), {
    format: 'RGBA',
    codedWidth: 4,
    codedHeight: 4,
    timestamp: 0,
  });
  give(frame);
  await stopped;
  expect(cancelled).toHaveBeenCalledOnce();
  // A closed frame has no format.
  expect(frame.format).toBeNull();
  expect(onFrame).not.toHaveBeenCalled();
});

test('a reader of a still source stops too', async () => {
  const cancelled = vi.fn();
  const onEnd = vi.fn();
  const frames = new ReadableStream<VideoFrame>({ cancel: cancelled });
  await new SourceReader(frames, null, { onFrame: (frame) => frame.close(), onEnd }).stop();
  expect(cancelled).toHaveBeenCalledOnce();
  expect(onEnd).not.toHaveBeenCalled();
});

test.each(['track', 'video'] as const)(
  'the frames of a %s that the page copies are sent themselves: a transferred stream would send clones',
  async (kind) => {
    vi.stubGlobal('MediaStreamTrackProcessor', undefined);
    const source = kind === 'track' ? stillTrack() : document.createElement('video');
    const { frames, first, stop } = await openSource(source, () => false);
    expect([frames instanceof MessagePort, first]).toEqual([true, null]);
    releaseFrames(frames);
    stop();
  },
);

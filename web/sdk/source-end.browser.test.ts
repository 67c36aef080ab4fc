import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FrameStream } from './frame-stream.ts';
import { fieldFrames, lookAtFields, paintFields } from './test-fields.ts';
import { framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 10 };

let rig: StreamRig;

beforeEach(() => {
  rig = new StreamRig();
});

afterEach(() => rig.dispose());

test('when a track is stopped, the stream reports it and keeps its last picture', async () => {
  const { track, stop } = animatedTrack();
  const stream = await rig.open(track, { where: 'local' });
  await vi.waitUntil(() => stream.stats().framesPresented > 3, WAIT);
  track.stop();
  await expectEnd(stream);
  stop();
});

test('when a video ends, the stream reports it and keeps its last picture, and one opened on its replay runs', async () => {
  const video = await recordedVideo();
  const stream = await rig.open(video, { where: 'local' });
  await video.play();
  await vi.waitUntil(() => stream.stats().framesPresented > 3, WAIT);
  await vi.waitUntil(() => video.ended, WAIT);
  await expectEnd(stream);
  const replay = new Promise((resolve) => video.addEventListener('play', resolve, { once: true }));
  await video.play();
  await replay;
  expect(video.ended).toBe(false);
  const again = await rig.open(video, { where: 'local' });
  await vi.waitUntil(() => again.stats().framesPresented > 3, WAIT);
  URL.revokeObjectURL(video.src);
});

test.each(['detail', 'picture'] as const)(
  'when a ReadableStream is closed while a volunteer helps, the stream reports it and keeps its last picture: %s',
  async (transport) => {
    const reader = fieldFrames(64, 36).getReader();
    let isWanted = true;
    const frames = new ReadableStream<VideoFrame>({
      async pull(controller) {
        const { value } = await reader.read();
        if (value) controller.enqueue(value);
        if (isWanted) return;
        controller.close();
        await reader.cancel();
      },
    });
    const stream = await rig.open(frames, { where: 'volunteers', transport });
    await vi.waitUntil(() => framesOfVolunteers(stream) > 3, WAIT);
    isWanted = false;
    await expectEnd(stream);
  },
);

test('when a source ends while a volunteer helps, its last picture is refined before the volunteer is released', async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const context = canvas.getContext('2d');
  if (context) paintFields(context, 0);
  let source: ReadableStreamDefaultController<VideoFrame> | undefined;
  const frames = new ReadableStream<VideoFrame>({
    start(controller) {
      source = controller;
      controller.enqueue(new VideoFrame(canvas, { timestamp: 0 }));
    },
  });
  const stream = await rig.open(frames, { where: 'volunteers' });
  await vi.waitUntil(() => stream.stats().framesSent > 0, WAIT);
  const { framesSent } = stream.stats();
  source?.enqueue(new VideoFrame(canvas, { timestamp: 1 }));
  source?.close();
  await vi.waitUntil(() => rig.released.length > 0, WAIT);
  // The last picture was sent again until its detail did not change any more.
  expect(stream.stats().framesSent).toBeGreaterThan(framesSent + 3);
  const { framesWithDetail, quality } = stream.stats();
  expect(framesWithDetail).toBeGreaterThan(0);
  expect(quality).not.toBeNull();
  await expectEnd(stream);
});

test('when reading a ReadableStream fails, the stream reports the reason and keeps its last picture', async () => {
  const reader = fieldFrames(64, 36).getReader();
  let left = 20;
  const frames = new ReadableStream<VideoFrame>({
    async pull(controller) {
      const { value } = await reader.read();
      if (left-- > 0 && value) return controller.enqueue(value);
      value?.close();
      await reader.cancel();
      throw new Error('the cable came off');
    },
  });
  const stream = await rig.open(frames, { where: 'local' });
  await expectEnd(stream);
  expect(stream.stats().why).toContain('the cable came off');
});

/** `why` reports the end, and the canvas still shows the picture. */
async function expectEnd(stream: FrameStream): Promise<void> {
  await vi.waitUntil(() => /source of the frames (ended|failed)/.test(stream.stats().why), WAIT);
  await vi.waitFor(() => expect(lookAtFields(stream.canvas)).toMatchObject({ isRight: true }), WAIT);
  const { framesPresented } = stream.stats();
  expect(framesPresented).toBeGreaterThan(0);
}

function animatedTrack(): { track: MediaStreamTrack; canvas: HTMLCanvasElement; stop(): void } {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  let count = 0;
  let request = 0;
  const draw = () => {
    paintFields(context, count++);
    request = requestAnimationFrame(draw);
  };
  draw();
  const [track] = canvas.captureStream().getVideoTracks();
  if (!track) throw new Error('no track');
  return { track, canvas, stop: () => cancelAnimationFrame(request) };
}

/** About thirty frames. */
async function recordedVideo(): Promise<HTMLVideoElement> {
  const { track, stop } = animatedTrack();
  const recorder = new MediaRecorder(new MediaStream([track]), { mimeType: 'video/webm' });
  const recorded: Blob[] = [];
  const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve));
  recorder.addEventListener('dataavailable', ({ data }) => recorded.push(data));
  recorder.start(50);
  await vi.waitUntil(() => recorded.length > 12, WAIT);
  recorder.stop();
  await stopped;
  stop();
  const video = Object.assign(document.createElement('video'), { muted: true });
  const loaded = new Promise((resolve) => video.addEventListener('loadeddata', resolve));
  video.src = URL.createObjectURL(new Blob(recorded, { type: 'video/webm' }));
  await loaded;
  return video;
}

import * as Comlink from 'comlink';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import type { TestGamerApi } from '../stream/gamer/test-gamer.worker.ts';
import { type FrameStream, openFrameStream } from './frame-stream.ts';
import { lookAtFields, paintFields } from './test-fields.ts';
import './worker-errors.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 20 };

let worker: Worker;
let track: MediaStreamTrack;
let stream: FrameStream | undefined;

beforeEach(() => {
  worker = new Worker(new URL('../stream/gamer/test-gamer.worker.ts', import.meta.url), { type: 'module' });
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await stream?.close();
  track.stop();
  worker.terminate();
});

/** Happens now and then with a shared tab in which nothing moves. */
test('a still track is shown even if the only frame that its reader gets is lost on the way to the worker', async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  track = trackOf(canvas.captureStream(0));
  paintFields(context, 0);
  // The frame was delivered before, to the page's own preview of what is shared.
  const video = Object.assign(document.createElement('video'), { muted: true });
  video.srcObject = new MediaStream([track]);
  const seen = new Promise((resolve) => video.addEventListener('loadeddata', resolve));
  void video.play();
  (track as CanvasCaptureMediaStreamTrack).requestFrame();
  await seen;

  const lost = loseFirstFrame();
  const opened = await open(track);
  stream = opened;
  await vi.waitUntil(() => opened.stats().localShare > 0, WAIT);
  await vi.waitFor(() => expect(lookAtFields(opened.canvas)).toMatchObject({ isRight: true }), WAIT);
  expect(lost.count).toBe(1);
  video.srcObject = null;
});

test('a stream on a track that never gives a frame can be closed, and does not stop the track', async () => {
  track = trackOf(document.createElement('canvas').captureStream(0));
  stream = await open(track);
  await stream.close();
  expect(track.readyState).toBe('live');
});

/** Drops the first frame of the first reader. */
function loseFirstFrame(): { count: number } {
  const lost = { count: 0 };
  const name: string = 'MediaStreamTrackProcessor';
  const Plain: new () => { readable: ReadableStream<VideoFrame> } = Reflect.get(globalThis, name);
  let made = 0;
  const Losing = new Proxy(Plain, {
    construct(target, given: unknown[]): { readable: ReadableStream<VideoFrame> } {
      const processor = Reflect.construct(target, given);
      if (made++ > 0) return processor;
      const losing = new TransformStream<VideoFrame, VideoFrame>({
        transform(frame, controller) {
          if (lost.count > 0) return controller.enqueue(frame);
          lost.count++;
          frame.close();
        },
      });
      return { readable: processor.readable.pipeThrough(losing) };
    },
  });
  vi.stubGlobal(name, Losing);
  return lost;
}

function trackOf(captured: MediaStream): MediaStreamTrack {
  const [only] = captured.getVideoTracks();
  if (!only) throw new Error('no track');
  return only;
}

function open(source: MediaStreamTrack): Promise<FrameStream> {
  const deps = {
    streams: Comlink.wrap<TestGamerApi>(worker).streams,
    trust: new VolunteerTrust(Math.random),
    links: () => [],
    onLinksChanged: () => () => {},
    now: () => performance.now(),
    defaultWhere: 'local' as const,
    onClosed: () => {},
  };
  return openFrameStream(deps, source, { scale: 2 });
}

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../shared/clock.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import type { Where } from '../../../shared/tasks/definition.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { canvasComposer } from '../compose/test-composer.ts';
import { toStreamSettings } from '../settings.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { canvasEngine } from '../upscale/test-frame-engine.ts';
import { noUpscaleTile } from '../verify/test-upscale-tile.ts';
import { type GamerStream, STATS_INTERVAL_MS } from './gamer-stream.ts';
import { StreamRegistry } from './stream-registry.ts';
import type { StreamEvent } from './stream-types.ts';
import { TEST_SETUP } from './test-setup.ts';

let streams: StreamRegistry;
let channel: MessageChannel;
let events: StreamEvent[];
let stream: GamerStream | undefined;
let eventPort: MessagePort;

beforeEach(() => {
  stream = undefined;
  use(async () => canvasEngine);
  channel = new MessageChannel();
  events = [];
});

afterEach(async () => {
  await stream?.close();
  streams.detachVideo('vera');
  channel.port2.close();
  eventPort?.close();
});

test('a malformed message from a volunteer is reported to the owner of the link', async () => {
  const closed = streams.attachVideo('vera', channel.port1);
  channel.port2.postMessage({ kind: 'state', readyState: 'open' });
  channel.port2.postMessage({ kind: 'message', data: new Uint8Array(20).buffer });
  expect(await closed).toMatchObject({ reason: 'malformed' });
});

test('a detached channel closes without an error', async () => {
  const closed = streams.attachVideo('vera', channel.port1);
  streams.detachVideo('vera');
  expect(await closed).toBe(null);
});

test('a volunteer without a video channel cannot be added', () => {
  stream = open(framesOf());
  const setup = { ...TEST_SETUP, streamId: 1 };
  const ready = { volunteerId: 'nobody', name: 'Nobody', setup, predictedMs: 1 };
  expect(() => stream?.addVolunteer(ready)).toThrow(expect.objectContaining({ reason: 'closed' }));
});

test('a frame that is too small is reported with its reason, and the stream goes on with the next valid one', async () => {
  let source: ReadableStreamDefaultController<VideoFrame> | undefined;
  stream = open(
    new ReadableStream({
      start(controller) {
        source = controller;
      },
    }),
  );
  source?.enqueue(frameOf(1, 1));
  await expect
    .poll(() => newestStats()?.why)
    .toBe("The newest frame cannot be used (bad-input): A stream's frames must be at least 2x2 pixels, not 1x1.");
  expect(newestStats()?.framesDropped).toEqual({ failed: 1 });
  source?.enqueue(frameOf(64, 36));
  await expect.poll(() => newestStats()?.framesPresented).toBe(1);
  expect(newestStats()?.why).not.toContain('bad-input');
  expect(events.map(({ kind }) => kind)).not.toContain('ended');
});

test('an error of the browser in one frame is reported as such, not as the end of the source', async () => {
  // It has no pixels: making a VideoFrame from it throws.
  const size = { visibleRect: new DOMRectReadOnly(0, 0, 64, 36), displayWidth: 64, displayHeight: 36 };
  const broken = { ...size, format: 'RGBX', colorSpace: { primaries: 'bt709' }, close() {} } as VideoFrame;
  stream = open(framesOf(broken));
  await expect.poll(() => newestStats()?.why).toMatch(/\(device-lost\).*VideoFrame/);
  expect(events.map(({ kind }) => kind)).not.toContain('ended');
});

test.each(['engine', 'frame'])('a still source is upscaled after a temporary failure of its %s', async (failing) => {
  const clock = new ManualClock();
  let failures = 1;
  const failOnce = (what: string) => {
    if (what === failing && failures-- > 0) throw new Error('the GPU was away');
  };
  use(async () => {
    failOnce('engine');
    return {
      openFrames(options) {
        failOnce('frame');
        return canvasEngine.openFrames(options);
      },
    };
  }, clock);
  stream = open(framesOf(frameOf(64, 36)));
  await expect
    .poll(
      () => {
        clock.advance(STATS_INTERVAL_MS);
        return newestStats();
      },
      { timeout: 60_000, interval: 10 },
    )
    .toMatchObject({ framesFiltered: 1 });
  expect(failures).toBeLessThanOrEqual(0);
  expect(allStats().some(({ framesUnsharpened }) => framesUnsharpened === 1)).toBe(true);
  // However often it was shown, it counts as one frame, upscaled in the end.
  expect(newestStats()).toMatchObject({ framesCaptured: 1, framesPresented: 1, framesUnsharpened: 0 });
});

test('a source that fails ends the stream, and the reason is reported', async () => {
  const failing = new ReadableStream<VideoFrame>({
    pull(controller) {
      controller.error(new Error('the cable came off'));
    },
  });
  stream = open(failing);
  await expect
    .poll(() => events.find(({ kind }) => kind === 'ended'))
    .toMatchObject({
      error: { reason: 'source-ended', message: expect.stringContaining('the cable came off') },
    });
});

function use(engine: () => Promise<FrameEngine>, clock: Clock = systemClock): void {
  streams = new StreamRegistry({
    engine,
    upscaleTile: noUpscaleTile,
    openComposer: async () => canvasComposer(),
    clock,
    random: Math.random,
  });
}

function allStats() {
  return events.flatMap((event) => (event.kind === 'stats' ? [event.stats] : []));
}

function newestStats() {
  return allStats().at(-1);
}

function frameOf(codedWidth: number, codedHeight: number): VideoFrame {
  const pixels = new Uint8Array(4 * codedWidth * codedHeight);
  return new VideoFrame(pixels, { format: 'RGBX', codedWidth, codedHeight, timestamp: 0 });
}

function open(frames: ReadableStream<VideoFrame>, where: Where = 'local'): GamerStream {
  const { port1, port2 } = new MessageChannel();
  eventPort = port1;
  port1.onmessage = ({ data }: MessageEvent<StreamEvent>) => events.push(data);
  const settings = toStreamSettings({ maxFps: STREAM_LIMITS.maxFps }, where);
  return streams.open({ frames, first: null, canvas: new OffscreenCanvas(1, 1), settings, events: port2 });
}

function framesOf(...frames: VideoFrame[]): ReadableStream<VideoFrame> {
  return new ReadableStream<VideoFrame>({
    start(controller) {
      for (const frame of frames) controller.enqueue(frame);
    },
  });
}

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../shared/clock.ts';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import type { Where } from '../../../shared/tasks/definition.ts';
import { toStreamSettings } from '../settings.ts';
import { STREAM } from '../tuning.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { canvasEngine } from '../upscale/test-frame-engine.ts';
import type { StreamEvent } from './stream-events.ts';
import { StreamRegistry } from './stream-registry.ts';
import { TEST_SETUP } from './test-setup.ts';

const KEY = 1;

let streams: StreamRegistry;
let channel: MessageChannel;
let events: StreamEvent[];
let eventPort: MessagePort;

beforeEach(() => {
  use(async () => canvasEngine);
  channel = new MessageChannel();
  events = [];
});

afterEach(async () => {
  await streams.close(KEY);
  streams.detachVideo('vera');
  channel.port2.close();
  eventPort?.close();
});

test('what a volunteer sends that is malformed is told to whoever holds the link', async () => {
  const closed = streams.attachVideo('vera', channel.port1);
  channel.port2.postMessage({ kind: 'state', readyState: 'open' });
  channel.port2.postMessage({ kind: 'message', data: new Uint8Array(20).buffer });
  expect(await closed).toMatchObject({ reason: 'malformed' });
});

test('a channel that is taken back has nothing wrong with it', async () => {
  const closed = streams.attachVideo('vera', channel.port1);
  streams.detachVideo('vera');
  expect(await closed).toBe(null);
});

test('a volunteer without a video channel cannot be used', () => {
  open(framesOf());
  const setup = { ...TEST_SETUP, streamId: 1 };
  const ready = { volunteerId: 'nobody', name: 'Nobody', setup, predictedMs: 1 };
  expect(() => streams.useVolunteer(KEY, ready)).toThrow(expect.objectContaining({ reason: 'closed' }));
});

test.each([
  ['too large', STREAM_LIMITS.maxSide + 2, 2, 'too-large'],
  ['too small', 1, 1, 'bad-input'],
])(
  'a frame that is %s is told with its reason, and the stream goes on with one that fits',
  async (_, width, height, reason) => {
    let source: ReadableStreamDefaultController<VideoFrame> | undefined;
    open(
      new ReadableStream({
        start(controller) {
          source = controller;
        },
      }),
    );
    source?.enqueue(frameOf(width, height));
    await expect.poll(() => newestStats()?.why).toContain(`(${reason})`);
    expect(newestStats()?.framesDropped).toEqual({ failed: 1 });
    source?.enqueue(frameOf(64, 36));
    await expect.poll(() => newestStats()?.framesPresented).toBe(1);
    expect(newestStats()?.why).not.toContain(reason);
    expect(events.map(({ kind }) => kind)).not.toContain('ended');
  },
);

test('what the browser throws at a frame is told as it is, not as the end of the source', async () => {
  // Its pixels cannot be had: making a frame of it throws.
  const broken = { visibleRect: new DOMRectReadOnly(0, 0, 64, 36), close() {} } as VideoFrame;
  open(framesOf(broken));
  await expect.poll(() => newestStats()?.why).toMatch(/\(device-lost\).*VideoFrame/);
  expect(events.map(({ kind }) => kind)).not.toContain('ended');
});

test.each(['engine', 'frame'])('a still source is sharpened after a passing failure of its %s', async (failing) => {
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
  open(framesOf(frameOf(64, 36)));
  await expect
    .poll(
      () => {
        clock.advance(STREAM.statsIntervalMs);
        return newestStats();
      },
      { timeout: 30_000, interval: 10 },
    )
    .toMatchObject({ framesLocal: 1 });
  expect(failures).toBeLessThanOrEqual(0);
  expect(allStats().some(({ framesUnsharpened }) => framesUnsharpened === 1)).toBe(true);
  // However often it was shown, it is one frame, and a sharp one in the end.
  expect(newestStats()).toMatchObject({ framesCaptured: 1, framesPresented: 1, framesUnsharpened: 0 });
});

test('while a volunteer sharpens, this machine is tried once, so that it can fill a gap at once', async () => {
  const clock = new ManualClock();
  let engineMade = (_: FrameEngine) => {};
  const engine = new Promise<FrameEngine>((resolve) => {
    engineMade = resolve;
  });
  let sharpened = 0;
  use(() => engine, clock);
  let source: ReadableStreamDefaultController<VideoFrame> | undefined;
  const frames = new ReadableStream<VideoFrame>({
    start(controller) {
      source = controller;
    },
  });
  open(frames, 'volunteers');
  source?.enqueue(frameOf(64, 36));
  await expect.poll(() => events.map(({ kind }) => kind)).toContain('size');
  void streams.attachVideo('vera', channel.port1);
  channel.port2.postMessage({ kind: 'state', readyState: 'open' });
  // So slow that no gap is noticed meanwhile.
  const ready = { volunteerId: 'vera', name: 'Vera', setup: { ...TEST_SETUP, streamId: 1 }, predictedMs: 60_000 };
  streams.useVolunteer(KEY, ready);
  engineMade({
    openFrames(options) {
      const upscaler = canvasEngine.openFrames(options);
      return { ...upscaler, process: (frame) => upscaler.process(frame).finally(() => sharpened++) };
    },
  });
  const nextFrame = () => {
    // So little that the volunteer, who says nothing, is not suspected yet.
    clock.advance(3);
    source?.enqueue(frameOf(64, 36));
    return sharpened;
  };
  await expect.poll(nextFrame).toBe(1);
  for (let frame = 0; frame < 10; frame++) {
    nextFrame();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(sharpened).toBe(1);
});

test('a source that fails ends the stream, and its words are kept', async () => {
  const failing = new ReadableStream<VideoFrame>({
    pull(controller) {
      controller.error(new Error('the cable came off'));
    },
  });
  open(failing);
  await expect
    .poll(() => events.find(({ kind }) => kind === 'ended'))
    .toMatchObject({
      error: { reason: 'source-ended', message: expect.stringContaining('the cable came off') },
    });
});

function use(engine: () => Promise<FrameEngine>, clock: Clock = systemClock): void {
  streams = new StreamRegistry(engine, clock, Math.random);
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

function open(frames: ReadableStream<VideoFrame>, where: Where = 'local'): void {
  const { port1, port2 } = new MessageChannel();
  eventPort = port1;
  port1.onmessage = ({ data }: MessageEvent<StreamEvent>) => events.push(data);
  const settings = toStreamSettings({ maxFps: STREAM_LIMITS.maxFps }, where);
  streams.open(KEY, { frames, first: null, canvas: new OffscreenCanvas(1, 1), settings, events: port2 });
}

function framesOf(...frames: VideoFrame[]): ReadableStream<VideoFrame> {
  return new ReadableStream<VideoFrame>({
    start(controller) {
      for (const frame of frames) controller.enqueue(frame);
    },
  });
}

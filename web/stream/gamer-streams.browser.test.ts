import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { STREAM } from '../../shared/tuning.ts';
import { GamerStreams } from './gamer-streams.ts';
import type { StreamEvent } from './stream-events.ts';
import { toStreamSettings } from './stream-settings.ts';
import { canvasEngine } from './test-frame-engine.ts';

const KEY = 1;

let streams: GamerStreams;
let channel: MessageChannel;
let events: StreamEvent[];
let eventPort: MessagePort;

beforeEach(() => {
  streams = new GamerStreams(async () => canvasEngine, systemClock);
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
  const setup = { ...toSetup(), streamId: 1 };
  const ready = { volunteerId: 'nobody', name: 'Nobody', setup, predictedMs: 1 };
  expect(() => streams.useVolunteer(KEY, ready)).toThrow(expect.objectContaining({ reason: 'closed' }));
});

test.each([
  ['too large', STREAM.maxSide + 2, 2, 'too-large'],
  ['too small', 1, 1, 'bad-input'],
])('a source whose frames are %s ends the stream with the reason', async (_, width, height, reason) => {
  const pixels = new Uint8Array(4 * width * height);
  const size = { codedWidth: width, codedHeight: height };
  open(framesOf(new VideoFrame(pixels, { format: 'RGBX', ...size, timestamp: 0 })));
  await expect.poll(() => events.find(({ kind }) => kind === 'ended')).toMatchObject({ error: { reason } });
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

function open(frames: ReadableStream<VideoFrame>): void {
  const { port1, port2 } = new MessageChannel();
  eventPort = port1;
  port1.onmessage = ({ data }: MessageEvent<StreamEvent>) => events.push(data);
  const settings = toStreamSettings({}, 'local');
  streams.open(KEY, { frames, first: null, canvas: new OffscreenCanvas(1, 1), settings, events: port2 });
}

function framesOf(...frames: VideoFrame[]): ReadableStream<VideoFrame> {
  return new ReadableStream<VideoFrame>({
    start(controller) {
      for (const frame of frames) controller.enqueue(frame);
    },
  });
}

function toSetup() {
  return {
    codec: 'vp8',
    width: 64,
    height: 36,
    outWidth: 128,
    outHeight: 72,
    quality: 'spatial',
    fps: 30,
    uplinkKbps: 1_000,
    downlinkKbps: 2_000,
  } as const;
}

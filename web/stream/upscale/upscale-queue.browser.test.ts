import { afterEach, beforeEach, expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { forgetOpenFrames, openFrames } from '../gamer/test-frame-ledger.ts';
import { AdaptiveUpscaler } from './adaptive-upscaler.ts';
import { type QualityBehaviour, QualityEngine } from './test-frame-engine.ts';
import { UpscaleQueue } from './upscale-queue.ts';

const now = () => performance.now();

let behaviour: QualityBehaviour;
/** Lets the frame in the engine finish. */
let finish: () => void;
let engine: QualityEngine;
let queue: UpscaleQueue<number>;
let events: string[];
/** What the receiver of the next frames throws, before it takes them over. */
let fault: MeshError | null;

beforeEach(() => {
  forgetOpenFrames();
  events = [];
  fault = null;
  behaviour = { computeMs: 1 };
  engine = new QualityEngine({ spatial: behaviour }, { wait: () => new Promise((resolve) => (finish = resolve)) });
  queue = new UpscaleQueue<number>({
    capacity: 2,
    now,
    onUpscaled(frame, tag, { quality, computeStartMs, computedMs }) {
      if (fault) throw fault;
      expect([frame.timestamp, frame.displayWidth, quality]).toEqual([1_000 * tag, 32, 'spatial']);
      expect(computedMs).toBeGreaterThanOrEqual(computeStartMs);
      frame.close();
      events.push(`upscaled ${tag}`);
    },
    onFailed: (_, tag, cause) => events.push(`failed ${tag}: ${cause && MeshError.from(cause).reason}`),
    onDropped: (tag) => events.push(`dropped ${tag}`),
  });
  queue.upscaler = new AdaptiveUpscaler(
    engine,
    { outWidth: 32, outHeight: 16, quality: 'spatial', detail: null, isBaseShown: false },
    now,
  );
});

afterEach(async () => {
  queue.dispose();
  await expect.poll(openFrames).toBe(0);
});

function offer(tag: number): void {
  const pixels = { format: 'RGBX', codedWidth: 16, codedHeight: 8, timestamp: 1_000 * tag } as const;
  queue.offer(new VideoFrame(new Uint8Array(4 * 16 * 8), pixels), tag);
}

/** Lets the engine finish its frame, and waits for what comes of it. */
async function finishOne(): Promise<void> {
  const before = events.length;
  finish();
  await expect.poll(() => events.length).toBeGreaterThan(before);
}

test('frames are upscaled in order, and the oldest waiting one gives way when the queue is full', async () => {
  for (const tag of [1, 2, 3, 4]) offer(tag);
  expect(events).toEqual(['dropped 2']);
  for (let frame = 0; frame < 3; frame++) await finishOne();
  expect(events).toEqual(['dropped 2', 'upscaled 1', 'upscaled 3', 'upscaled 4']);
});

test('a failure is reported with its cause, and the next frame is tried', async () => {
  behaviour.error = new MeshError('device-lost', 'The GPU went away.');
  offer(1);
  await expect.poll(() => events).toHaveLength(1);
  delete behaviour.error;
  offer(2);
  await finishOne();
  expect(events).toEqual(['failed 1: device-lost', 'upscaled 2']);
});

test('a frame whose receiver fails is closed, and reported', async () => {
  fault = MeshError.closed('The encoder');
  offer(1);
  await finishOne();
  expect(events).toEqual(['failed 1: closed']);
});

test('without an upscaler frames fail at once and without a cause', () => {
  queue.upscaler?.close();
  queue.upscaler = null;
  offer(1);
  expect(events).toEqual(['failed 1: null']);
});

test('disposal drops every frame, and closes the upscaler once it is idle', async () => {
  for (const tag of [1, 2]) offer(tag);
  queue.dispose();
  expect(events).toEqual(['dropped 2']);
  expect(engine.open).toEqual(['spatial']);
  await finishOne();
  expect(events).toEqual(['dropped 2', 'dropped 1']);
  await expect.poll(() => engine.open).toEqual([]);
  offer(3);
  expect(events).toHaveLength(2);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { ManualClock } from '../../../shared/manual-clock.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { UpscaleOutcome } from '../frame.ts';
import { GOVERNOR } from '../tuning.ts';
import { GovernedUpscaler } from './governed-upscaler.ts';
import { type QualityBehaviour, QualityEngine } from './test-frame-engine.ts';

const SHAPE = { outWidth: 128, outHeight: 72, quality: 'quality' } as const;

let clock: ManualClock;
let engine: QualityEngine;
let upscaler: GovernedUpscaler;

function start(behaviour: Partial<Record<Quality, QualityBehaviour>> = {}): void {
  engine = new QualityEngine(behaviour, { wait: async (ms) => clock.advance(ms) });
  upscaler = new GovernedUpscaler(engine, SHAPE, () => clock.now());
  upscaler.budgetMs = 14;
}

beforeEach(() => {
  clock = new ManualClock(1_000);
});

afterEach(() => upscaler.close());

/** Puts so many frames through, and what is got ready beside them. Returns what each was made with. */
async function run(frames: number, width = 64): Promise<UpscaleOutcome[]> {
  const made: UpscaleOutcome[] = [];
  for (let n = 0; n < frames; n++) {
    const frame = new VideoFrame(new Uint8Array(4 * width * 36), {
      ...{ format: 'RGBX', codedWidth: width, codedHeight: 36 },
      timestamp: n,
    });
    const { frame: sharp, ...how } = await upscaler.process(frame);
    sharp.close();
    frame.close();
    made.push(how);
    clock.advance(2);
    // The rehearsal's turns of the event loop.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return made;
}

const names = (made: UpscaleOutcome[]) => [...new Set(made.map(({ quality }) => quality))];

test('every frame has its picture while better qualities are got ready, up to the chosen one', async () => {
  start();
  const made = await run(40);
  expect(made[0]).toEqual({ quality: 'spatial', lowered: 'getting-ready' });
  expect(names(made)).toEqual(['spatial', 'fast', 'balanced', 'quality']);
  expect(made.at(-1)).toEqual({ quality: 'quality', lowered: null });
  expect(engine.open).toEqual(['quality']);
});

test('a model that is long in coming holds up no frame', async () => {
  let arrive = () => {};
  start({ fast: { ready: () => new Promise((resolve) => (arrive = resolve)) } });
  expect(names(await run(30))).toEqual(['spatial']);
  arrive();
  expect(names(await run(40))).toContain('quality');
});

test('one that never comes is passed over', async () => {
  start({ fast: { ready: () => new Promise(() => {}) } });
  await run(10);
  clock.advance(GOVERNOR.readyWithinMs);
  expect(names(await run(40))).toEqual(['spatial', 'balanced', 'quality']);
});

test('a network that is not there leaves the picture as it is, and says why', async () => {
  const error = new MeshError('unknown-model', 'No such network here.');
  start({ fast: { error }, balanced: { error }, quality: { error } });
  const made = await run(40);
  expect(made.at(-1)).toEqual({ quality: 'spatial', lowered: 'not-available' });
  expect(upscaler.error).toBe(error);
  expect(engine.open).toEqual(['spatial']);
});

test('one that breaks off gives its frame to the next lower one', async () => {
  const behaviour: Partial<Record<Quality, QualityBehaviour>> = {};
  start(behaviour);
  await run(40);
  behaviour.quality = { error: new MeshError('device-lost', 'The GPU went away.') };
  expect(await run(1)).toEqual([{ quality: 'balanced', lowered: 'not-available' }]);
});

test('one that is too slow gives way', async () => {
  const behaviour: Partial<Record<Quality, QualityBehaviour>> = {};
  start(behaviour);
  await run(40);
  behaviour.quality = { computeMs: 60 };
  expect((await run(GOVERNOR.farOverFrames + 1)).at(-1)).toEqual({ quality: 'balanced', lowered: 'too-slow' });
});

test('a filter that fails is an error, as ever', async () => {
  const behaviour: Partial<Record<Quality, QualityBehaviour>> = {};
  start(behaviour);
  behaviour.spatial = { error: new MeshError('device-lost', 'The GPU went away.') };
  await expect(run(1)).rejects.toMatchObject({ reason: 'device-lost' });
});

test('another choice, another size, and the end leave nothing open', async () => {
  start();
  await run(8);
  upscaler.quality = 'bilinear';
  expect(names(await run(1, 32))).toEqual(['bilinear']);
  upscaler.quality = 'balanced';
  upscaler.resize({ outWidth: 64, outHeight: 72 });
  expect(names(await run(40))).toEqual(['spatial', 'fast', 'balanced']);
  upscaler.quality = 'quality';
  await run(4);
  upscaler.close();
  await run(0);
  await expect.poll(() => engine.open).toEqual([]);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import { type QualityBehaviour, QualityEngine } from '../stream/upscale/test-frame-engine.ts';
import type { FrameStream, StreamOptions } from './frame-stream.ts';
import { fieldFrames } from './test-fields.ts';
import { framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 20 };
/** A low frame rate, so that a busy machine makes nothing too slow but what a test makes too slow. */
const OPTIONS: StreamOptions = { quality: 'quality', maxFps: 10 };
/** More than a frame interval. */
const TOO_SLOW = { computeMs: 120 };

let behaviour: Partial<Record<Quality, QualityBehaviour>>;
let rig: StreamRig;

beforeEach(() => {
  behaviour = {};
  const engine = new QualityEngine(behaviour);
  rig = new StreamRig({ gamerEngine: async () => engine, volunteerEngine: engine });
});

afterEach(() => rig.dispose());

function open(where: 'volunteers' | 'local'): Promise<FrameStream> {
  return rig.open(fieldFrames(64, 36), { ...OPTIONS, where });
}

test('a volunteer uses the chosen quality once it is ready, a lower one while it is too slow, and `why` says so', async () => {
  const stream = await open('volunteers');
  await vi.waitUntil(() => framesOfVolunteers(stream) > 3 && stream.stats().quality === 'quality', WAIT);
  behaviour.quality = TOO_SLOW;
  const words = "“Vera” is too slow for 'quality' at this rate: 'balanced' is shown.";
  await vi.waitUntil(() => stream.stats().why.includes(words), WAIT);
  behaviour.quality = {};
  await vi.waitUntil(() => stream.stats().why === 'You chose volunteers; “Vera” is helping.', WAIT);
  expect(rig.failures).toEqual([]);
});

test('this computer lowers its quality in the same way', async () => {
  const stream = await open('local');
  await vi.waitUntil(() => stream.stats().quality === 'quality', WAIT);
  behaviour.quality = TOO_SLOW;
  await vi.waitUntil(() => stream.stats().quality === 'balanced', WAIT);
  await expect.poll(() => stream.stats().why).toContain('This computer is too slow');
  stream.set({ quality: 'bilinear' });
  await vi.waitUntil(() => stream.stats().quality === 'bilinear', WAIT);
  await expect.poll(() => stream.stats().why).not.toContain('too slow');
});

test('where no quality was chosen, the best that keeps up is used and none counts as lowered, until one is chosen', async () => {
  const stream = await rig.open(fieldFrames(64, 36), { maxFps: 10, where: 'local' });
  await vi.waitUntil(() => stream.stats().quality === 'quality', WAIT);
  behaviour.quality = TOO_SLOW;
  await vi.waitUntil(() => stream.stats().quality === 'balanced', WAIT);
  expect(stream.stats()).toMatchObject({ lowered: null, why: 'You chose to sharpen frames on this computer.' });
  stream.set({ quality: 'quality' });
  await vi.waitUntil(() => stream.stats().lowered === 'too-slow', WAIT);
  expect(stream.stats().why).toContain('This computer is too slow');
  stream.set({ quality: 'auto' });
  await vi.waitUntil(() => stream.stats().lowered === null, WAIT);
  expect(stream.stats().why).toBe('You chose to sharpen frames on this computer.');
});

test('where no network runs, volunteers and this computer fall back to `spatial`', async () => {
  const error = new MeshError('unknown-model', 'The network does not run here.');
  for (const network of ['fast', 'balanced', 'quality'] as const) behaviour[network] = { error };
  const stream = await open('volunteers');
  await vi.waitUntil(() => framesOfVolunteers(stream) > 10 && stream.stats().why.includes('cannot'), WAIT);
  const why = expect.stringContaining("“Vera” cannot run 'quality' now: 'spatial' is shown.");
  await expect.poll(() => stream.stats()).toMatchObject({ quality: 'spatial', running: 'volunteers', why });
  stream.set({ where: 'local' });
  await vi.waitUntil(() => stream.stats().why.includes('This computer cannot'), WAIT);
  await expect.poll(() => stream.stats().why).toContain(error.message);
  expect(rig.failures).toEqual([]);
});

test('a still picture gets the chosen quality too', async () => {
  const frames = fieldFrames(64, 36).getReader();
  const { value: still } = await frames.read();
  await frames.cancel();
  const source = new ReadableStream<VideoFrame>({ start: (controller) => void (still && controller.enqueue(still)) });
  const stream = await rig.open(source, { ...OPTIONS, where: 'local' });
  await vi.waitUntil(() => stream.stats().quality === 'quality', WAIT);
  expect(stream.stats()).toMatchObject({ framesCaptured: 1, framesPresented: 1 });
});

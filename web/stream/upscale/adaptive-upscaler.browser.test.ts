import { afterEach, beforeEach, expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { QUALITIES, type Quality } from '../../../shared/tasks/upscale.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import type { UpscaleOutcome } from '../frame.ts';
import { AdaptiveUpscaler } from './adaptive-upscaler.ts';
import type { FrameEngine } from './frame-engine.ts';
import { FAR_OVER_FRAMES } from './quality-governor.ts';
import { READY_WITHIN_MS } from './quality-warmup.ts';
import { type QualityBehaviour, QualityEngine } from './test-frame-engine.ts';

const SETTINGS = { outWidth: 128, outHeight: 72, quality: 'quality', detail: null, isBaseShown: false } as const;

let clock: ManualClock;
let engine: QualityEngine;
let upscaler: AdaptiveUpscaler;

function start(behaviour: Partial<Record<Quality, QualityBehaviour>> = {}): void {
  engine = new QualityEngine(behaviour, { wait: async (ms) => clock.advance(ms) });
  upscaler = new AdaptiveUpscaler(engine, SETTINGS, () => clock.now());
  upscaler.budgetMs = 14;
}

beforeEach(() => {
  clock = new ManualClock(1_000);
});

afterEach(() => upscaler.close());

/** Null: the frame was left as it is. */
type Outcome = UpscaleOutcome | null;

/** Upscales frames while the next quality warms up beside them. Returns the outcome of each. */
async function run(frames: number, width = 64, ignoresBudget = false): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let n = 0; n < frames; n++) {
    const frame = new VideoFrame(new Uint8Array(4 * width * 36), {
      format: 'RGBX',
      codedWidth: width,
      codedHeight: 36,
      timestamp: n,
    });
    const result = await upscaler.process(frame, ignoresBudget);
    frame.close();
    result?.frame.close();
    outcomes.push(result && { quality: result.quality, downgradeReason: result.downgradeReason });
    clock.advance(2);
    // Lets the warm-up run.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return outcomes;
}

const names = (outcomes: Outcome[]) => [...new Set(outcomes.map((outcome) => outcome?.quality))];

test('every frame is upscaled while better qualities warm up, up to the chosen one', async () => {
  start();
  const outcomes = await run(40);
  expect(outcomes[0]).toEqual({ quality: 'spatial', downgradeReason: 'getting-ready' });
  expect(names(outcomes)).toEqual(['spatial', 'fast', 'balanced', 'quality']);
  expect(outcomes.at(-1)).toEqual({ quality: 'quality', downgradeReason: null });
  expect(engine.open).toEqual(['quality']);
});

test('a model that loads slowly delays no frame', async () => {
  let arrive = () => {};
  start({ fast: { ready: () => new Promise((resolve) => (arrive = resolve)) } });
  expect(names(await run(30))).toEqual(['spatial']);
  arrive();
  expect(names(await run(40))).toContain('quality');
});

test('a model that never loads is skipped', async () => {
  start({ fast: { ready: () => new Promise(() => {}) } });
  await run(10);
  clock.advance(READY_WITHIN_MS);
  expect(names(await run(40))).toEqual(['spatial', 'balanced', 'quality']);
});

test('a missing network leaves the quality as it is, and the reason is reported', async () => {
  const error = new MeshError('unknown-model', 'No such network here.');
  start({ fast: { error }, balanced: { error }, quality: { error } });
  const outcomes = await run(40);
  expect(outcomes.at(-1)).toEqual({ quality: 'spatial', downgradeReason: 'not-available' });
  expect(upscaler.error).toBe(error);
  expect(engine.open).toEqual(['spatial']);
});

test('a frame whose network fails is upscaled in the next lower quality', async () => {
  const behaviour: Partial<Record<Quality, QualityBehaviour>> = {};
  start(behaviour);
  await run(40);
  behaviour.quality = { error: new MeshError('device-lost', 'The GPU went away.') };
  expect(await run(1)).toEqual([{ quality: 'balanced', downgradeReason: 'not-available' }]);
});

test('a network that is too slow gives way to a lower quality', async () => {
  const behaviour: Partial<Record<Quality, QualityBehaviour>> = {};
  start(behaviour);
  await run(40);
  behaviour.quality = { computeMs: 60 };
  expect((await run(FAR_OVER_FRAMES + 1)).at(-1)).toEqual({ quality: 'balanced', downgradeReason: 'too-slow' });
});

test('a filter that fails is an error', async () => {
  const behaviour: Partial<Record<Quality, QualityBehaviour>> = {};
  start(behaviour);
  behaviour.spatial = { error: new MeshError('device-lost', 'The GPU went away.') };
  await expect(run(1)).rejects.toMatchObject({ reason: 'device-lost' });
});

test('frames are left as they are while even the cheapest quality takes too long, but one that has time is upscaled', async () => {
  const behaviour: Partial<Record<Quality, QualityBehaviour>> = {};
  for (const quality of QUALITIES) behaviour[quality] = { computeMs: 300 };
  start(behaviour);
  upscaler.passthroughAboveMs = 100;
  const outcomes = await run(3 * FAR_OVER_FRAMES);
  expect(outcomes.at(-1)).toBeNull();
  expect(upscaler.isPassthrough).toBe(true);
  expect(await run(1, 64, true)).toEqual([{ quality: 'bicubic', downgradeReason: 'too-slow' }]);
  expect(await run(1)).toEqual([null]);
  for (const quality of QUALITIES) behaviour[quality] = { computeMs: 1 };
  clock.advance(60_000);
  expect(names(await run(200))).toContain('quality');
});

test('what the engine predicts decides where a stream begins', async () => {
  start();
  upscaler.close();
  const predictMs = ({ quality }: { quality: Quality }) => (quality === 'bicubic' ? 5 : 500);
  const predicting = { openFrames: engine.openFrames.bind(engine), predictMs };
  upscaler = new AdaptiveUpscaler(predicting, SETTINGS, () => clock.now());
  upscaler.budgetMs = 14;
  expect((await run(1))[0]).toEqual({ quality: 'bicubic', downgradeReason: 'too-slow' });
});

test.each([
  ['a hardware GPU', true, true, true],
  ['the processor, unless it was chosen by name', false, true, false],
  ['the processor where it was chosen by name', false, false, true],
])('the network for GPUs runs on %s', async (_, isOnGpu, restrictsUltraToGpus, isUsed) => {
  start();
  upscaler.close();
  const predicting: FrameEngine = {
    openFrames: engine.openFrames.bind(engine),
    predictMs: () => 1,
    isOnGpu: () => isOnGpu,
  };
  upscaler = new AdaptiveUpscaler(predicting, { ...SETTINGS, quality: 'ultra' }, () => clock.now());
  upscaler.restrictsUltraToGpus = restrictsUltraToGpus;
  upscaler.budgetMs = 14;
  expect(names(await run(100)).at(-1)).toBe(isUsed ? 'ultra' : 'quality');
});

test('a network that is measured while it loads, and is too slow, gets no frame', async () => {
  start();
  upscaler.close();
  let measuredMs: number | null = null;
  const processed: Quality[] = [];
  const measuring: FrameEngine = {
    predictMs: ({ quality }) => (quality === 'fast' ? measuredMs : 1),
    openFrames: (options) => {
      const frames = engine.openFrames(options);
      const ready = async () => {
        if (options.quality === 'fast') measuredMs = 500;
      };
      const process = (frame: VideoFrame) => {
        processed.push(options.quality);
        return frames.process(frame);
      };
      return { backend: 'canvas', ready, process, dispose: () => frames.dispose() };
    },
  };
  upscaler = new AdaptiveUpscaler(measuring, { ...SETTINGS, quality: 'fast' }, () => clock.now());
  upscaler.budgetMs = 14;
  expect((await run(20)).at(-1)).toEqual({ quality: 'spatial', downgradeReason: 'too-slow' });
  expect([measuredMs, new Set(processed)]).toEqual([500, new Set(['spatial'])]);
  expect(engine.open).toEqual(['spatial']);
});

test('changing the quality or the size, and closing, leave nothing open', async () => {
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

import { expect, test, vi } from 'vitest';
import { seededRandom } from '../../shared/seeded-random.ts';
import type { Quality, UpscaleParams } from '../../shared/tasks/upscale.ts';
import type { Backend, BackendName } from './backend.ts';
import { EXCLUSIVE_SLOT } from './filter-benchmark.ts';
import { JsBackend } from './js-backend.ts';
import { upscaleReference } from './reference/upscale.ts';
import { nextMacrotask } from './schedule.ts';
import { SPOT_CHECK_INTERVAL_MS, SpotChecks, WRONG_IN_A_ROW } from './spot-checks.ts';
import { paintedPicture } from './test-pictures.ts';

const picture = paintedPicture(80, 64);
const doubled = { ...{ width: 80, height: 64, outWidth: 160, outHeight: 128 }, quality: 'bilinear' } as const;

function pixelsOf({ width, height }: UpscaleParams): Uint8Array {
  return new Uint8Array(width === picture.width ? picture.data : new Uint8Array(width * height * 4));
}

interface FakeGpu {
  /** Damages results. */
  damage: (pixels: Uint8Array) => void;
  runs: number;
}

/** A GPU and a reference that compute everything as `bilinear`, until `damage` is set. */
function setup(name: BackendName = 'wgsl', runsNetworks = true) {
  const clock = { nowMs: 0 };
  const fake: FakeGpu = { damage: () => {}, runs: 0 };
  const paths = { areShort: false };
  const checked: UpscaleParams[] = [];
  const backend = (damage: (pixels: Uint8Array) => void, onRun: (shape: UpscaleParams) => void): Backend => ({
    name,
    startPixels: async (data, shape) => {
      onRun(shape);
      const pixels = new Uint8Array(upscaleReference({ ...shape, data }, { ...shape, quality: 'bilinear' }).buffer);
      damage(pixels);
      return { isDone: true, finish: async () => pixels };
    },
    openFrames: () => {
      throw new Error('no frames here');
    },
    dispose: () => {},
  });
  const gpu = backend(
    (pixels) => fake.damage(pixels),
    () => fake.runs++,
  );
  const networks = backend(
    () => {},
    (shape) => checked.push(shape),
  );
  const reference = runsNetworks ? networks : new JsBackend(() => clock.nowMs);
  const disableFastPaths = () => {
    const wereShort = paths.areShort;
    paths.areShort = false;
    return wereShort;
  };
  const checks = new SpotChecks({ reference, now: () => clock.nowMs, random: seededRandom(3), disableFastPaths });
  const failed = vi.fn();
  void checks.failed.then(failed);
  const run = async (shape: UpscaleParams = doubled) => {
    const started = await checks.watch(gpu).startPixels(pixelsOf(shape), shape, EXCLUSIVE_SLOT);
    const pixels = await started.finish();
    for (let n = 0; n < 5; n++) await nextMacrotask();
    return pixels;
  };
  /** Runs after the interval, so that the result is checked. */
  const runChecked = (shape?: UpscaleParams) => {
    clock.nowMs += SPOT_CHECK_INTERVAL_MS;
    return run(shape);
  };
  return { clock, fake, checks, gpu, checked, failed, run, runChecked };
}

const black = (pixels: Uint8Array) => void pixels.fill(0);

test('a tile of one result in ten seconds is computed again, none at start-up', async () => {
  const { clock, checked, run, failed } = setup();
  await run();
  expect(checked).toEqual([]);
  clock.nowMs = SPOT_CHECK_INTERVAL_MS;
  for (let n = 0; n < 20; n++) await run();
  expect(checked).toHaveLength(1);
  clock.nowMs = 2 * SPOT_CHECK_INTERVAL_MS;
  await run();
  expect(checked).toHaveLength(2);
  for (const { width, height, outWidth, outHeight } of checked) {
    // A window of 32, and 12 on each side that the border has not cut off.
    for (const side of [width, height]) expect(side >= 44 && side <= 56).toBe(true);
    expect([outWidth, outHeight]).toEqual([2 * width, 2 * height]);
  }
  expect(failed).not.toHaveBeenCalled();
});

test('a GPU that gives wrong pixels is given up after the second time in a row, and not after one', async () => {
  const { fake, runChecked, failed } = setup();
  for (let n = 0; n < 5; n++) {
    fake.damage = black;
    for (let wrong = 1; wrong < WRONG_IN_A_ROW; wrong++) await runChecked();
    fake.damage = () => {};
    await runChecked();
  }
  expect(failed).not.toHaveBeenCalled();
  fake.damage = black;
  for (let wrong = 0; wrong < WRONG_IN_A_ROW; wrong++) await runChecked();
  expect(failed).toHaveBeenCalledOnce();
});

test('damage to a part of the picture is found before long', async () => {
  const { fake, runChecked, failed } = setup();
  fake.damage = (pixels) => pixels.fill(90, 0, pixels.length / 2);
  for (let n = 0; n < 20; n++) await runChecked();
  expect(failed).toHaveBeenCalled();
});

test('the result that is delivered may be handed on at once: the check has a copy of its tile', async () => {
  const { clock, checks, gpu, failed } = setup();
  for (let n = 0; n < WRONG_IN_A_ROW; n++) {
    clock.nowMs += SPOT_CHECK_INTERVAL_MS;
    const pixels = new Uint8Array(picture.data);
    const result = await (await checks.watch(gpu).startPixels(pixels, doubled, EXCLUSIVE_SLOT)).finish();
    structuredClone(result.buffer, { transfer: [result.buffer] });
    for (let turn = 0; turn < 5; turn++) await nextMacrotask();
  }
  expect(failed).not.toHaveBeenCalled();
});

test.each<[string, Quality, boolean]>([
  ['within its tolerance', 'fast', true],
  ['not at all where the reference does not run it', 'fast', false],
])('a network is checked %s', async (_how, quality, runsNetworks) => {
  const { fake, runChecked, failed } = setup('wgsl', runsNetworks);
  fake.damage = (pixels) => pixels.set(pixels.map((value) => Math.min(255, value + 3)));
  for (let n = 0; n < 4; n++) await runChecked({ ...doubled, quality });
  expect(failed).not.toHaveBeenCalled();
  fake.damage = black;
  for (let n = 0; n < WRONG_IN_A_ROW; n++) await runChecked({ ...doubled, quality });
  expect(failed).toHaveBeenCalledTimes(runsNetworks ? 1 : 0);
});

test('sizes without a common divisor are not checked, since a tile would be the whole picture', async () => {
  const { checked, runChecked } = setup();
  const odd = { width: 301, height: 307, outWidth: 400, outHeight: 401 };
  await runChecked({ ...doubled, ...odd });
  expect(checked).toEqual([]);
  await runChecked();
  expect(checked).toHaveLength(1);
});

test('what computes on the processor is not checked, and a backend is always watched as the same', () => {
  const { checks, gpu } = setup();
  expect(checks.watch(gpu)).toBe(checks.watch(gpu));
  const processor = new JsBackend(() => 0);
  expect(checks.watch(processor)).toBe(processor);
});

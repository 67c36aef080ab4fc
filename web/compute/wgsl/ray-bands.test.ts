// Protects: no scene makes a dispatch so long that a driver takes the GPU for hung, and all samples of all pixels are rendered nevertheless.
import { expect, test } from 'vitest';
import { SLICE_MS } from '../schedule.ts';
import { type RayBand, RayBands, WORKGROUP } from './ray-bands.ts';

/** Plays the kernel: threads stop when the budget is spent. Returns the dispatches, with what each took. */
function render(pixels: number, samplesPerPixel: number, testsOf: (pixel: number) => number, testsPerMs: number) {
  const bands = new RayBands(pixels, samplesPerPixel);
  const samples = new Uint32Array(pixels);
  const dispatches: (RayBand & { ms: number })[] = [];
  for (let band = bands.next; band; band = bands.next) {
    const { fromPixel, toPixel, toSample, isBegun, budget } = band;
    if (!isBegun) samples.fill(0, fromPixel, toPixel);
    let tests = 0;
    let isFinished = true;
    for (let pixel = fromPixel; pixel < toPixel; pixel++) {
      for (; (samples[pixel] ?? 0) < toSample && tests <= budget; samples[pixel] = (samples[pixel] ?? 0) + 1) {
        tests += testsOf(pixel);
      }
      isFinished &&= samples[pixel] === toSample;
    }
    const ms = 0.5 + tests / testsPerMs;
    dispatches.push({ ...band, ms });
    if (dispatches.length > 2_000) throw new Error('It does not get on.');
    bands.rendered(band, { tests, isFinished }, ms);
  }
  return { samples: new Set(samples), dispatches };
}

const FAST = 1e7;

test.each([
  [1, 1],
  [1, 1_024],
  [100, 3],
  [5_000, 64],
  [40_000, 16],
  [300_000, 1],
])('of %i pixels each gets its %i samples', (pixels, samplesPerPixel) => {
  const { samples, dispatches } = render(pixels, samplesPerPixel, () => 300, FAST);
  expect([...samples]).toEqual([samplesPerPixel]);
  for (const { fromPixel, toPixel } of dispatches) expect(toPixel).toBeGreaterThan(fromPixel);
});

test('a dispatch takes about a slice: of few samples where these are heavy, of many where they are light', () => {
  for (const tests of [1_000, 30_000]) {
    const { dispatches } = render(40_000, 64, () => tests, FAST);
    const settled = dispatches.slice(8, -8).map(({ ms }) => ms);
    expect(settled.length).toBeGreaterThan(10);
    expect(Math.max(...settled)).toBeLessThan(2 * SLICE_MS);
    expect(Math.min(...settled)).toBeGreaterThan(SLICE_MS / 4);
  }
});

test('heavy pixels behind light ones are found by the budget, and rendered a few at a time', () => {
  const SLOW = 2e5;
  const { samples, dispatches } = render(60_000, 1, (pixel) => (pixel < 59_000 ? 5 : 400_000), SLOW);
  expect([...samples]).toEqual([1]);
  // At once they would take two seconds.
  expect(Math.max(...dispatches.map(({ ms }) => ms))).toBeLessThan(200);
  const last = dispatches.at(-1);
  expect((last?.toPixel ?? 0) - (last?.fromPixel ?? 0)).toBeLessThanOrEqual(64);
});

test('of many samples, bands stay as wide as a GPU with many units needs', () => {
  const [units, sampleMs] = [64, 0.02];
  const bands = new RayBands(64 * 1024, 1_024);
  const workgroups: number[] = [];
  let last: RayBand | null = null;
  for (let band = bands.next; band; band = bands.next) {
    const { fromPixel, toPixel, toSample } = band;
    const samplesOfEach: number = toSample - (last?.fromPixel === fromPixel ? last.toSample : 0);
    workgroups.push((toPixel - fromPixel) / WORKGROUP);
    const rounds = Math.ceil((toPixel - fromPixel) / WORKGROUP / units);
    bands.rendered(band, { tests: 0, isFinished: true }, 0.2 + rounds * samplesOfEach * sampleMs);
    last = band;
  }
  expect(Math.min(...workgroups)).toBe(units);
});

// Protects: `ultra` is used where the engine's measurements leave room for it, and costs no frame anywhere else.
import { expect, test } from 'vitest';
import { bestOf } from '../settings.ts';
import { CLIMB_FRAMES, FIRST_CLIMB_FRAMES, STEP_UP_SHARE } from './quality-governor.ts';
import { BUDGET_MS, Machine, QUICK, type Times } from './test-machine.ts';

const BEST = bestOf('auto');
const ROOM_MS = STEP_UP_SHARE * BUDGET_MS;
/** A real GPU. */
const GPU: Times = { ...QUICK, fast: 1, balanced: 1.5, quality: 2, ultra: 5 };
const SECONDS = 60;

/** A machine whose engine predicts `ultra` from what it measured of `quality`. */
const machineOf = (times: Times, predictedUltraMs: number | null) =>
  new Machine(times, BEST, undefined, {
    quality: times.quality,
    ...(predictedUltraMs !== null && { ultra: predictedUltraMs }),
  });

const triesOf = ({ warmedUp }: Machine) => warmedUp.filter((quality) => quality === 'ultra').length;

test('a machine on which it is predicted to fit climbs to it', () => {
  const machine = machineOf(GPU, GPU.ultra);
  expect(machine.framesUntil('ultra')).toBeLessThanOrEqual(4 * FIRST_CLIMB_FRAMES);
  machine.run(60 * SECONDS);
  expect(machine.changes.at(-1)?.to).toBe('ultra');
  expect(machine.governor.downgradeReason).toBeNull();
});

test.each([
  ['is predicted not to fit', 1.1 * ROOM_MS],
  ['was never measured, nor anything that tells of it', null],
])('a machine on which it %s never tries it, however long the stream', (_, predictedMs) => {
  const machine = machineOf({ ...QUICK, ultra: 36 }, predictedMs);
  machine.run(10 * 60 * SECONDS);
  expect(machine.governor.quality).toBe('quality');
  expect(triesOf(machine)).toBe(0);
  expect(machine.governor.downgradeReason).toBe('too-slow');
});

test('a machine that takes longer than was predicted does not use it for a frame', () => {
  const machine = machineOf({ ...GPU, ultra: 1.2 * ROOM_MS }, GPU.ultra);
  machine.run(10 * 60 * SECONDS);
  expect(machine.changes.map(({ to }) => to)).not.toContain('ultra');
  expect(triesOf(machine), 'and tries it hardly ever, since each try delays frames').toBe(2);
});

test('a try that met a load is repeated soon after the load, however slow it was then', () => {
  const machine = machineOf({ ...GPU, quality: 0.3 * BUDGET_MS, ultra: BUDGET_MS }, GPU.ultra);
  machine.run(30 * SECONDS);
  expect(triesOf(machine)).toBe(1);
  machine.times = GPU;
  expect(machine.framesUntil('ultra')).toBeLessThanOrEqual(60 * SECONDS + CLIMB_FRAMES);
});

test('a machine that cannot keep up with less does not look at it', () => {
  const machine = machineOf({ ...QUICK, quality: 2 * BUDGET_MS, ultra: 8 * BUDGET_MS }, 8 * BUDGET_MS);
  machine.run(5 * 60 * SECONDS);
  expect(machine.governor.quality).toBe('balanced');
  expect(machine.warmedUp).not.toContain('ultra');
});

test('under load it makes room for less, and comes back when the load is over', () => {
  const machine = machineOf(GPU, GPU.ultra);
  machine.run(5 * SECONDS);
  machine.times = { ...GPU, ultra: 1.5 * BUDGET_MS, quality: 0.6 * BUDGET_MS };
  machine.run(5 * SECONDS);
  expect(machine.governor.quality).toBe('quality');
  machine.times = GPU;
  expect(machine.framesUntil('ultra')).toBeLessThanOrEqual(60 * SECONDS + CLIMB_FRAMES);
});

test('whoever chose less does not get it', () => {
  const machine = new Machine(GPU, 'quality', undefined, GPU);
  machine.run(60 * SECONDS);
  expect(machine.governor.quality).toBe('quality');
});

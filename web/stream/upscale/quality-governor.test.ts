import { expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { NETWORKS, QUALITIES, type Quality } from '../../../shared/tasks/upscale.ts';
import {
  CLIMB_FRAMES,
  FAR_OVER_FRAMES,
  FIRST_CLIMB_FRAMES,
  MIN_WINDOW_FRAMES,
  STEP_UP_SHARE,
  WINDOW_FRAMES,
} from './quality-governor.ts';
import { FIRST_FAILED_WAIT_MS } from './quality-records.ts';
import { BUDGET_MS, Machine, QUICK, type Times } from './test-machine.ts';

test('a stream starts with spatial at once and climbs one network at a time to the chosen quality', () => {
  const machine = new Machine(QUICK);
  expect([machine.governor.quality, machine.governor.downgradeReason]).toEqual(['spatial', 'getting-ready']);
  expect(machine.framesUntil('quality')).toBeLessThanOrEqual(3 * FIRST_CLIMB_FRAMES);
  expect(machine.changes.map(({ to }) => to)).toEqual(['fast', 'balanced', 'quality']);
  expect(machine.governor.downgradeReason).toBeNull();
});

test.each(['bilinear', 'bicubic'] as const)('%s is kept when chosen: there is nothing cheaper', (filter) => {
  const machine = new Machine({ ...QUICK, bilinear: 50, bicubic: 60 }, filter);
  machine.run(500);
  expect([machine.governor.quality, machine.changes, machine.governor.downgradeReason]).toEqual([filter, [], null]);
});

test('the quality is never better than the chosen one, and never below bicubic', () => {
  const machine = new Machine(QUICK, 'fast');
  machine.run(500);
  expect(machine.governor.quality).toBe('fast');
  machine.times = { bilinear: 1, bicubic: 1, spatial: 200, fast: 300, balanced: 400, quality: 500, ultra: 2_000 };
  machine.run(500);
  expect([machine.governor.quality, machine.governor.downgradeReason]).toEqual(['bicubic', 'too-slow']);
});

test('where bicubic is not worth it, a machine that is too slow for anything better keeps the lowest that is', () => {
  const machine = new Machine(QUICK, 'fast', () => 1, {}, 'spatial');
  machine.run(500);
  machine.times = { bilinear: 1, bicubic: 1, spatial: 200, fast: 300, balanced: 400, quality: 500, ultra: 2_000 };
  machine.run(500);
  expect([machine.governor.quality, machine.governor.isPassthrough]).toEqual(['spatial', false]);
});

test('a sudden load is answered within half a window of frames, a heavy one at once', () => {
  const machine = new Machine(QUICK);
  machine.run(300);
  machine.times = { ...QUICK, quality: 1.5 * BUDGET_MS };
  expect(machine.framesUntil('balanced')).toBeLessThanOrEqual(MIN_WINDOW_FRAMES);
  const other = new Machine(QUICK);
  other.run(300);
  other.times = { ...QUICK, quality: 3 * BUDGET_MS };
  expect(other.framesUntil('balanced')).toBeLessThanOrEqual(FAR_OVER_FRAMES);
});

test('a hiccup changes nothing', () => {
  const machine = new Machine(QUICK);
  machine.run(300);
  for (let n = 0; n < 20; n++) {
    machine.governor.measured(20 * BUDGET_MS);
    machine.governor.onFrameSkipped();
    machine.run(WINDOW_FRAMES);
  }
  expect(machine.governor.quality).toBe('quality');
});

test('skipped frames count, even if the others are quick', () => {
  const machine = new Machine(QUICK);
  machine.run(300);
  for (let n = 0; n < WINDOW_FRAMES; n++) machine.governor.onFrameSkipped();
  expect(machine.governor.quality).toBe('balanced');
});

test('the quality recovers once a load is over', () => {
  const machine = new Machine(QUICK);
  machine.run(300);
  machine.times = { bilinear: 5, bicubic: 5, spatial: 8, fast: 20, balanced: 30, quality: 60, ultra: 240 };
  machine.run(600);
  expect(machine.governor.quality).toBe('spatial');
  machine.times = QUICK;
  expect(machine.framesUntil('quality') / 60).toBeLessThan(40);
});

test('a quality that does not hold is tried ever more rarely', () => {
  const machine = new Machine({ ...QUICK, quality: 1.2 * BUDGET_MS });
  machine.run(60 * 60 * 10);
  const tries = machine.changes.filter(({ to }) => to === 'quality').map(({ atMs }) => atMs);
  const waits = tries.slice(1).map((atMs, n) => atMs - (tries[n] ?? 0));
  expect(tries.length).toBeGreaterThan(3);
  expect(tries.length).toBeLessThan(14);
  expect(waits.at(-1)).toBeGreaterThan(5 * (waits[0] ?? 0));
  expect(machine.changes.every(({ to }) => to !== 'spatial')).toBe(true);
});

test('a quality that is far too slow is rejected before it is shown', () => {
  const machine = new Machine({ ...QUICK, balanced: 40, quality: 100 });
  machine.run(600);
  expect(machine.changes.map(({ to }) => to)).toEqual(['fast']);
  expect(machine.governor.downgradeReason).toBe('too-slow');
});

test('a network that fails is skipped and tried again later', () => {
  const machine = new Machine(QUICK);
  machine.broken = new Set(['balanced']);
  machine.run(100);
  expect(machine.changes.map(({ to }) => to)).toEqual(['fast', 'quality']);
  machine.broken = new Set(NETWORKS);
  machine.governor.failed('quality');
  expect(machine.governor.quality).toBe('fast');
  machine.governor.failed('fast');
  machine.run(300);
  expect([machine.governor.quality, machine.governor.downgradeReason]).toEqual(['spatial', 'not-available']);
  machine.broken = new Set();
  expect(machine.framesUntil('quality') / 60).toBeLessThan((2 * FIRST_FAILED_WAIT_MS) / 1_000 + 5);
});

test('each size has its own times: a slow quality is tried again at another size, and known times are kept', () => {
  const machine = new Machine({ ...QUICK, quality: 1.2 * BUDGET_MS });
  machine.governor.size = 'large';
  machine.run(200);
  expect(machine.governor.quality).toBe('balanced');
  machine.governor.size = 'small';
  machine.times = QUICK;
  expect(machine.framesUntil('quality')).toBeLessThanOrEqual(FIRST_CLIMB_FRAMES);
  machine.governor.size = 'large';
  machine.times = { ...QUICK, quality: 1.2 * BUDGET_MS };
  expect(machine.framesUntil('balanced')).toBeLessThanOrEqual(MIN_WINDOW_FRAMES);
});

test('a choice takes effect from the next frame on', () => {
  const machine = new Machine(QUICK);
  machine.run(300);
  const { governor } = machine;
  const chosen = (quality: Quality) => {
    governor.ceiling = quality;
    return governor.quality;
  };
  expect([chosen('fast'), chosen('bilinear'), chosen('quality')]).toEqual(['fast', 'bilinear', 'spatial']);
  expect(machine.framesUntil('quality')).toBeLessThan(3 * CLIMB_FRAMES + 5);
});

test('a stream begins with the best filter that is predicted to keep the rate', () => {
  const begins = (predicted: Partial<Times>, ceiling: Quality = 'quality') =>
    new Machine(QUICK, ceiling, undefined, predicted).governor.quality;
  expect(begins({ bicubic: 3, spatial: 10 })).toBe('spatial');
  expect(begins({ bicubic: 3, spatial: 40 })).toBe('bicubic');
  expect(begins({ bicubic: 30, spatial: 40 })).toBe('bicubic');
  // No frame waits for a model.
  expect(begins({ bicubic: 3, spatial: 40, fast: 8 })).toBe('bicubic');
  expect(begins({ bicubic: 3, spatial: 10 }, 'bicubic')).toBe('bicubic');
});

test('where times are known, a stream climbs to the best quality that fits at once', () => {
  const machine = new Machine(QUICK, 'quality', undefined, QUICK);
  machine.run(2 * FIRST_CLIMB_FRAMES);
  expect(machine.changes.map(({ to }) => to)).toEqual(['quality']);
  const slow = new Machine({ ...QUICK, quality: 40 }, 'quality', undefined, { ...QUICK, quality: 40 });
  slow.run(600);
  expect(slow.changes.map(({ to }) => to)).toEqual(['balanced']);
});

test('on a processor where a network is cheaper than a filter, the filter is passed over', () => {
  const processor: Times = { bilinear: 2, bicubic: 4, spatial: 16, fast: 9, balanced: 40, quality: 80, ultra: 320 };
  const machine = new Machine(processor, 'quality', undefined, { bicubic: 4, spatial: 16, fast: 9 });
  machine.run(300);
  expect(machine.changes.map(({ to }) => to)).toEqual(['fast']);
  machine.times = { ...processor, spatial: 30, fast: 1.5 * BUDGET_MS };
  machine.run(MIN_WINDOW_FRAMES);
  expect(machine.governor.quality).toBe('bicubic');
});

test('on a processor where a filter is too slow, the network beyond it is tried although nothing is known of it', () => {
  const processor: Times = { bilinear: 2, bicubic: 4, spatial: 16, fast: 9, balanced: 40, quality: 80, ultra: 320 };
  const machine = new Machine(processor, 'quality', undefined, { bicubic: 4, spatial: 16 });
  machine.run(300);
  expect(machine.changes.map(({ to }) => to)).toEqual(['fast']);
});

test('a prediction that was wrong is found out', () => {
  const machine = new Machine(QUICK, 'spatial', undefined, { bicubic: 3, spatial: 40 });
  expect(machine.governor.quality).toBe('bicubic');
  expect(machine.framesUntil('spatial') / 60).toBeLessThan(30);
});

test('where even the cheapest quality is too slow, frames are left as they are, and it is tried again ever more rarely', () => {
  const hopeless: Times = {
    bilinear: 150,
    bicubic: 200,
    spatial: 400,
    fast: 300,
    balanced: 900,
    quality: 2_000,
    ultra: 8_000,
  };
  const machine = new Machine(hopeless);
  machine.governor.passthroughAboveMs = 100;
  machine.run(20);
  expect([machine.shown, machine.governor.downgradeReason]).toEqual([null, 'too-slow']);
  machine.run(60 * 60);
  expect(machine.shown).toBeNull();
  expect(machine.changes.length).toBeLessThan(6);
  machine.times = QUICK;
  expect(machine.framesUntil('quality') / 60).toBeLessThan(150);
});

test('a network that is cheaper than the filters below it ends the passthrough that they were too slow for', () => {
  const processor: Times = { bilinear: 1, bicubic: 2, spatial: 19, fast: 9, balanced: 40, quality: 120, ultra: 480 };
  const machine = new Machine(processor, 'quality', undefined, processor, 'spatial');
  machine.governor.budgetMs = machine.governor.passthroughAboveMs = 17;
  machine.governor.size = 'another';
  expect(machine.shown).toBeNull();
  machine.run(CLIMB_FRAMES);
  expect(machine.shown).toBe('fast');
  machine.run(60 * 60);
  expect([machine.shown, machine.changes.length]).toEqual(['fast', 1]);
  machine.times = { ...processor, fast: 30 };
  machine.run(60);
  expect(machine.shown).toBeNull();
});

test('a picture that is slow but still moves is sharpened, and so is any whose frames nobody else would show', () => {
  const slow: Times = { bilinear: 10, bicubic: 70, spatial: 140, fast: 100, balanced: 300, quality: 700, ultra: 2_800 };
  const machine = new Machine(slow);
  machine.governor.passthroughAboveMs = 100;
  machine.run(1_000);
  expect(machine.shown).toBe('bicubic');
  const volunteer = new Machine({ ...slow, bicubic: 500 });
  volunteer.run(200);
  expect(volunteer.shown).toBe('bicubic');
});

test('several streams on one machine settle where it keeps up with all of them', () => {
  const machines = [0, 1, 2].map(() => new Machine(QUICK));
  for (let n = 0; n < 60 * 120; n++) {
    // One GPU serves all streams in turn, so each frame waits for those of the others.
    const oneAfterAnother = (own: Quality, others: Quality[]) => [own, ...others].reduce((ms, q) => ms + QUICK[q], 0);
    const qualities = machines.map(({ governor }) => governor.quality);
    for (const [index, machine] of machines.entries()) {
      const others = qualities.filter((_, other) => other !== index);
      const times = QUALITIES.map((quality) => [quality, oneAfterAnother(quality, others)] as const);
      machine.times = Object.fromEntries(times) as Times;
      machine.run(1);
    }
  }
  const sumMs = machines.reduce((ms, { governor }) => ms + QUICK[governor.quality], 0);
  expect(sumMs).toBeLessThanOrEqual(BUDGET_MS);
  expect(machines.every(({ governor }) => governor.quality !== 'spatial')).toBe(true);
  for (const { changes, clock } of machines) {
    expect(changes.filter(({ atMs }) => atMs > clock.now() - 30_000).length).toBeLessThanOrEqual(4);
  }
});

test('on a noisy machine the quality never oscillates, whatever its times', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const top = BUDGET_MS * (0.3 + 2 * random());
    const times: Times = {
      bilinear: 1,
      bicubic: 1,
      spatial: 0.1 * top,
      fast: 0.2 * top,
      balanced: 0.6 * top,
      quality: top,
      ultra: 4 * top,
    };
    const spread = 0.6 * random();
    // Now and then another program takes up the machine for a frame.
    const scatter = () => (random() < 0.02 ? 4 : 1 + spread * (random() - 0.5));
    const machine = new Machine(times, 'quality', scatter);
    const minutes = 5;
    machine.run(60 * 60 * minutes);
    const label = `seed ${seed}: ${times.quality.toFixed(1)} of ${BUDGET_MS.toFixed(1)} ms, spread ${spread.toFixed(2)}`;
    // Up and down again counts as two; the waits double from three seconds to two minutes.
    expect(machine.changes.length, label).toBeLessThan(30);
    const late = machine.changes.filter(({ atMs }) => atMs > machine.clock.now() - 60_000);
    expect(late.length, label).toBeLessThanOrEqual(4);
    const holds = QUALITIES.filter((quality) => times[quality] * 1.05 < STEP_UP_SHARE * BUDGET_MS).at(-1);
    const low = machine.governor.quality;
    expect(QUALITIES.indexOf(low), `${label}, ends at ${low}`).toBeGreaterThanOrEqual(
      QUALITIES.indexOf(holds ?? 'spatial'),
    );
  }
});

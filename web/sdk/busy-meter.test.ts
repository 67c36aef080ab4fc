import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { BusyMeter } from './busy-meter.ts';
import { VOLUNTEER } from './tuning.ts';

test('load is the busy share of the last seconds, so that it rises with work and falls when it ends', () => {
  const clock = new ManualClock();
  const meter = new BusyMeter(() => clock.now());
  expect(meter.load).toBe(0);
  for (let done = 0; done < 20; done++) {
    clock.advance(100);
    meter.taskDone(50);
    expect(meter.load).toBeCloseTo(0.5);
  }
  clock.advance(VOLUNTEER.loadWindowMs);
  expect(meter.load).toBeLessThan(0.2);
  clock.advance(VOLUNTEER.loadWindowMs);
  expect(meter.load).toBe(0);
  expect(meter).toMatchObject({ tasksDone: 20, framesDone: 0, busyMs: 1_000 });
});

test('work that overlaps counts as full, not as more', () => {
  const clock = new ManualClock();
  const meter = new BusyMeter(() => clock.now());
  void meter.load;
  clock.advance(10);
  meter.frameDone(500);
  expect(meter.load).toBe(1);
});

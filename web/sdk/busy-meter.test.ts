import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { BusyMeter, LOAD_WINDOW_MS } from './busy-meter.ts';

test('the load is the busy part of the last seconds: it rises with work and falls afterwards', () => {
  const clock = new ManualClock();
  const meter = new BusyMeter(() => clock.now());
  expect(meter.load).toBe(0);
  for (let done = 0; done < 20; done++) {
    clock.advance(100);
    meter.taskDone(50);
    expect(meter.load).toBeCloseTo(0.5);
  }
  clock.advance(LOAD_WINDOW_MS);
  expect(meter.load).toBeLessThan(0.2);
  clock.advance(LOAD_WINDOW_MS);
  expect(meter.load).toBe(0);
  expect(meter).toMatchObject({ tasksDone: 20, framesDone: 0, busyMs: 1_000 });
});

test('overlapping work counts as full load, not more', () => {
  const clock = new ManualClock();
  const meter = new BusyMeter(() => clock.now());
  void meter.load;
  clock.advance(10);
  meter.frameDone(500);
  expect(meter.load).toBe(1);
});

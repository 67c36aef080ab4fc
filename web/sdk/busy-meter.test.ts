import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { BusyMeter, LOAD_WINDOW_MS } from './busy-meter.ts';

test('the load is the busy part of the last seconds: it rises with work and falls afterwards', () => {
  const clock = new ManualClock();
  const usage = { busyMs: 0, share: 1 };
  const meter = new BusyMeter(
    () => clock.now(),
    () => usage,
  );
  expect(meter.measureLoad()).toBe(0);
  for (let done = 0; done < 20; done++) {
    clock.advance(100);
    usage.busyMs += 50;
    expect(meter.measureLoad()).toBeCloseTo(0.5);
  }
  clock.advance(LOAD_WINDOW_MS);
  expect(meter.measureLoad()).toBeLessThan(0.2);
  clock.advance(LOAD_WINDOW_MS);
  expect(meter.measureLoad()).toBe(0);
  expect(meter.busyMs).toBe(1_000);
});

test('a machine that uses all of the share that it lends is fully busy, and never more than that', () => {
  const clock = new ManualClock();
  const usage = { busyMs: 0, share: 0.1 };
  const meter = new BusyMeter(
    () => clock.now(),
    () => usage,
  );
  meter.measureLoad();
  clock.advance(1_000);
  usage.busyMs += 50;
  expect(meter.measureLoad()).toBeCloseTo(0.5);
  usage.busyMs += 80;
  expect(meter.measureLoad()).toBe(1);
});

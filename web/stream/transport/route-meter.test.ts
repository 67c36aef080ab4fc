import { expect, test } from 'vitest';
import { volunteerFrameStages } from '../frame-timing.ts';
import { STREAM } from '../tuning.ts';
import { RouteMeter } from './route-meter.ts';

/** A frame that computes for so long, after waiting there for so long; the rest takes 20 ms. */
function stages(computeMs: number, queueMs = 0) {
  const volunteer = { queueMs, decodeMs: 2, computeMs, encodeMs: 3, totalMs: queueMs + computeMs + 5 };
  const totalMs = computeMs + queueMs + 20;
  const [capturedMs, encodeStartMs, sentMs] = [0, 0, 2];
  const moments = { capturedMs, encodeStartMs, sentMs, arrivedMs: totalMs - 2, decodedMs: totalMs - 1 };
  return volunteerFrameStages({ ...moments, presentedMs: totalMs, upBytes: 1, downBytes: 1, volunteer });
}

test('a volunteer is as fast as predicted until it is measured', () => {
  const meter = new RouteMeter(30);
  expect([meter.isMeasured, meter.delayMs, meter.expectMs(1_000)]).toEqual([false, 30, 1_030]);
  meter.measured(stages(40), 'spatial');
  expect([meter.isMeasured, meter.delayMs, meter.serviceMs, meter.quality]).toEqual([true, 60, 40, 'spatial']);
});

test('a frame behind others is expected when those are done', () => {
  const meter = new RouteMeter(30);
  meter.measured(stages(40), 'spatial');
  meter.sent(1_000);
  expect(meter.expectMs(1_000)).toBe(1_100);
  meter.sent(1_000);
  expect(meter.expectMs(1_000)).toBe(1_140);
  expect(meter.expectMs(1_500)).toBe(1_560);
  meter.left(1_140, 0);
  expect(meter.expectMs(1_000)).toBe(1_060);
});

test('one that is never idle, and faster than it was, is not expected later and later', () => {
  const meter = new RouteMeter(30);
  meter.measured(stages(40), 'spatial');
  for (let nowMs = 0; nowMs < 1_000; nowMs += 20) {
    meter.sent(nowMs);
    if (nowMs > 0) meter.left(nowMs, 1);
  }
  expect(meter.expectMs(1_000)).toBeLessThanOrEqual(1_000 + 60 + 40);
});

test('what it waited behind others there is not what it takes', () => {
  const meter = new RouteMeter(30);
  meter.measured(stages(40, 100), 'spatial');
  expect([meter.delayMs, meter.expectMs(0)]).toEqual([160, 60]);
});

test('one that never answers is not as fast as it promised', () => {
  const meter = new RouteMeter(30);
  meter.timedOut();
  expect(meter.delayMs).toBe(STREAM.frameTimeoutMs);
});

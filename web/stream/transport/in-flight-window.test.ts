import { describe, expect, test } from 'vitest';
import { STREAM } from '../tuning.ts';
import { InFlightWindow } from './in-flight-window.ts';

const NO_STAGES = { queueMs: 0, decodeMs: 0, computeMs: 0, encodeMs: 0, totalMs: 0 };
/** What both codecs of a small picture take on the way, each with its own thread. */
const CODECS_MS = 6;
const LEARN_MS = 2_000;
const MEASURE_MS = 8_000;

interface Simulated {
  computeMs: number;
  rttMs: number;
  fps: number;
  /** Where the stages share a processor, a frame keeps it busy for longer than the longest of them. */
  serviceMs?: number;
  window?: InFlightWindow;
}

/** A volunteer that computes one frame after the other, and a source of which only the newest frame waits for a place. */
function simulate({ computeMs, rttMs, fps, serviceMs = computeMs, window = new InFlightWindow() }: Simulated) {
  const flights: { startMs: number; queueMs: number; backMs: number }[] = [];
  const done: { queueMs: number }[] = [];
  let freeAtMs = 0;
  let isWaiting = false;
  let nextFrameMs = 0;
  for (let nowMs = 0; nowMs < LEARN_MS + MEASURE_MS; nowMs += 0.25) {
    for (let [oldest] = flights; oldest && oldest.backMs <= nowMs; [oldest] = flights) {
      flights.shift();
      const { queueMs, startMs } = oldest;
      window.answered({ ...NO_STAGES, queueMs, computeMs }, nowMs - startMs, nowMs);
      if (nowMs >= LEARN_MS) done.push({ queueMs });
    }
    if (nowMs >= nextFrameMs) {
      isWaiting = true;
      nextFrameMs += 1000 / fps;
    }
    if (!isWaiting || flights.length >= window.limit) continue;
    isWaiting = false;
    const decodedMs = nowMs + CODECS_MS / 2 + rttMs / 2;
    const startedMs = Math.max(decodedMs, freeAtMs);
    freeAtMs = startedMs + serviceMs;
    const backMs = freeAtMs + CODECS_MS / 2 + rttMs / 2;
    flights.push({ startMs: nowMs, queueMs: startedMs - decodedMs, backMs });
  }
  return {
    perS: (1_000 * done.length) / MEASURE_MS,
    mostQueueMs: Math.max(...done.map(({ queueMs }) => queueMs)),
  };
}

describe.each([30, 60])('a source of %i /s', (fps) => {
  describe.each([0.5, 10, 50, 100])('a round trip of %f ms', (rttMs) => {
    test.each([5, 15, 40])('a volunteer of %i ms is kept busy, and hardly a frame waits there', (computeMs) => {
      const { perS, mostQueueMs } = simulate({ computeMs, rttMs, fps });
      expect(perS).toBeGreaterThan(0.95 * Math.min(fps, 1_000 / computeMs));
      expect(mostQueueMs).toBeLessThan(computeMs + 1_000 / fps);
    });
  });
});

test('a slow volunteer works on fresh frames: none waits there for the sake of a last bit of its rate', () => {
  const { perS, mostQueueMs } = simulate({ computeMs: 600, rttMs: 10, fps: 30 });
  expect(perS).toBeGreaterThan(1.5);
  expect(mostQueueMs).toBe(0);
});

test('where the stages share one processor, so that it does less than they say, frames do not pile up', () => {
  const window = new InFlightWindow();
  simulate({ computeMs: 10, serviceMs: 30, rttMs: 50, fps: 60, window });
  const { perS, mostQueueMs } = simulate({ computeMs: 10, serviceMs: 30, rttMs: 50, fps: 60, window });
  expect(perS).toBeGreaterThan(0.9 * (1_000 / 30));
  expect(mostQueueMs).toBeLessThan(2 * 30);
});

test('a link that begins to queue is not given more frames for it', () => {
  const window = new InFlightWindow();
  const answer = { ...NO_STAGES, computeMs: 20, totalMs: 20 };
  for (let frame = 0; frame < 30; frame++) window.answered(answer, 60, 0);
  const before = window.limit;
  for (let frame = 0; frame < 30; frame++) window.answered(answer, 900, 0);
  expect(window.limit).toBeLessThanOrEqual(before + 1);
});

test('frames that never come back lower it, and it comes back a step at a time', () => {
  const window = new InFlightWindow();
  const answer = { ...NO_STAGES, computeMs: 10, totalMs: 10 };
  for (let frame = 0; frame < 20; frame++) window.answered(answer, 60, 0);
  const before = window.limit;
  expect(before).toBeLessThan(STREAM.maxFramesInFlight);
  for (let frame = 0; frame < 20; frame++) window.timedOut();
  expect(window.limit).toBe(1);
  for (let frame = 0; frame < 100; frame++) window.answered(answer, 60, 0);
  expect(window.limit).toBe(before);
});

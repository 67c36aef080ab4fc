import { beforeEach, describe, expect, test } from 'vitest';
import { CompletionEstimator } from './completion-estimator.ts';
import {
  FRAME_TIMEOUT_MS,
  INITIAL_FRAMES_IN_FLIGHT,
  InFlightWindow,
  MAX_FRAMES_IN_FLIGHT,
} from './in-flight-window.ts';

const NO_STAGES = { queueMs: 0, decodeMs: 0, computeMs: 0, encodeMs: 0, totalMs: 0 };

let lost: [number, string][];
let estimator: CompletionEstimator;
let window: InFlightWindow;

beforeEach(() => {
  lost = [];
  estimator = new CompletionEstimator(30);
  window = newWindow();
});

function newWindow(): InFlightWindow {
  return new InFlightWindow(estimator, ({ frameId }, cause) => lost.push([frameId, cause]));
}

function send(frameId: number, nowMs: number): void {
  window.start({ frameId, capturedMs: nowMs, purpose: 'show' }, nowMs).sentMs = nowMs;
}

describe('frames in flight', () => {
  const STAGES = { ...NO_STAGES, computeMs: 5, totalMs: 5 };

  test('their number is limited, and an answer frees a place', () => {
    for (let frameId = 0; frameId < INITIAL_FRAMES_IN_FLIGHT; frameId++) {
      expect(window.hasCapacity(0)).toBe(true);
      send(frameId, 0);
    }
    expect(window.hasCapacity(0)).toBe(false);
    expect(window.answered(0, STAGES, 20)?.frameId).toBe(0);
    expect(window.hasCapacity(20)).toBe(true);
  });

  test('an acknowledgement proves that earlier unacknowledged frames are lost', () => {
    for (const frameId of [1, 2, 3]) send(frameId, 0);
    window.acknowledged(1, 0);
    window.acknowledged(3, 0);
    expect(lost).toEqual([[2, 'lost']]);
    expect(window.size).toBe(2);
  });

  test('an answer proves that every earlier frame is lost, acknowledged or not', () => {
    for (const frameId of [1, 2, 3]) send(frameId, 0);
    window.acknowledged(1, 0);
    expect(window.answered(3, STAGES, 0)?.frameId).toBe(3);
    expect(lost).toEqual([
      [1, 'lost'],
      [2, 'lost'],
    ]);
  });

  test('a frame that is never answered frees its place after a timeout', () => {
    for (const frameId of [1, 2, 3]) send(frameId, 0);
    expect(window.hasCapacity(FRAME_TIMEOUT_MS + 1)).toBe(true);
    expect(lost).toHaveLength(3);
    expect(window.answered(1, STAGES, FRAME_TIMEOUT_MS + 1)).toBeUndefined();
  });

  test('an acknowledged frame is waited for longer', () => {
    send(1, 0);
    window.acknowledged(1, 10);
    window.hasCapacity(FRAME_TIMEOUT_MS + 1);
    expect(lost).toEqual([]);
    expect(window.answered(1, STAGES, FRAME_TIMEOUT_MS + 2)?.frameId).toBe(1);
  });

  test('an answer to a frame that was never sent is ignored', () => {
    window.start({ frameId: 7, capturedMs: 0, purpose: 'show' }, 0);
    expect(window.answered(7, STAGES, 0)).toBeUndefined();
    expect(window.answered(8, STAGES, 0)).toBeUndefined();
  });

  test('the estimator hears of frames sent, answered and given up', () => {
    send(1, 0);
    send(2, 0);
    window.answered(1, { ...STAGES, computeMs: 40 }, 50);
    expect([estimator.serviceMs, estimator.expectMs(50)]).toEqual([40, 80]);
    window.hasCapacity(FRAME_TIMEOUT_MS + 1);
    expect(estimator.delayMs).toBe(FRAME_TIMEOUT_MS);
  });
});

/** Both codecs of a small picture, each in a thread of its own. */
const CODECS_MS = 6;
const LEARN_MS = 2_000;
const MEASURE_MS = 8_000;

interface Simulated {
  computeMs: number;
  rttMs: number;
  fps: number;
  /** Where stages share a processor, a frame occupies it for longer than its longest stage. */
  serviceMs?: number;
}

/** A volunteer that computes one frame after the other, and a source of which only the newest frame waits for a place. */
function simulate({ computeMs, rttMs, fps, serviceMs = computeMs }: Simulated, startMs = 0) {
  const underWay: { frameId: number; queueMs: number; backMs: number }[] = [];
  const queueTimesMs: number[] = [];
  const endMs = startMs + LEARN_MS + MEASURE_MS;
  let freeAtMs = startMs;
  let isWaiting = false;
  let nextFrameMs = startMs;
  for (let nowMs = startMs; nowMs < endMs; nowMs += 0.25) {
    for (let [oldest] = underWay; oldest && oldest.backMs <= nowMs; [oldest] = underWay) {
      underWay.shift();
      const { queueMs, frameId } = oldest;
      window.answered(frameId, { ...NO_STAGES, queueMs, computeMs }, nowMs);
      if (nowMs >= startMs + LEARN_MS) queueTimesMs.push(queueMs);
    }
    if (nowMs >= nextFrameMs) {
      isWaiting = true;
      nextFrameMs += 1000 / fps;
    }
    if (!isWaiting || !window.hasCapacity(nowMs)) continue;
    isWaiting = false;
    const decodedMs = nowMs + CODECS_MS / 2 + rttMs / 2;
    const startedMs = Math.max(decodedMs, freeAtMs);
    freeAtMs = startedMs + serviceMs;
    const backMs = freeAtMs + CODECS_MS / 2 + rttMs / 2;
    send(nowMs, nowMs);
    underWay.push({ frameId: nowMs, queueMs: startedMs - decodedMs, backMs });
  }
  window.clear();
  return {
    answersPerS: (1_000 * queueTimesMs.length) / MEASURE_MS,
    longestQueueMs: Math.max(...queueTimesMs),
    endMs,
  };
}

/** Frames that are each answered after `roundTripMs`, all at one moment. */
function answer(frames: number, roundTripMs: number, computeMs: number): void {
  const nowMs = 100_000;
  for (let frameId = 0; frameId < frames; frameId++) {
    send(frameId, nowMs - roundTripMs);
    window.answered(frameId, { ...NO_STAGES, computeMs, totalMs: computeMs }, nowMs);
  }
}

describe.each([30, 60])('a source of %i fps', (fps) => {
  describe.each([0.5, 10, 50, 100])('a round trip of %f ms', (rttMs) => {
    test.each([5, 15, 40])(
      'a volunteer of %i ms a frame is kept busy, with hardly a frame in its queue',
      (computeMs) => {
        const { answersPerS, longestQueueMs } = simulate({ computeMs, rttMs, fps });
        expect(answersPerS).toBeGreaterThan(0.95 * Math.min(fps, 1_000 / computeMs));
        expect(longestQueueMs).toBeLessThan(computeMs + 1_000 / fps);
      },
    );
  });
});

test('a slow volunteer gets fresh frames: none is queued for the last few percent of its rate', () => {
  const { answersPerS, longestQueueMs } = simulate({ computeMs: 600, rttMs: 10, fps: 30 });
  expect(answersPerS).toBeGreaterThan(1.5);
  expect(longestQueueMs).toBe(0);
});

test('frames do not pile up where stages share one processor and are slower than they report', () => {
  const shared = { computeMs: 10, serviceMs: 30, rttMs: 50, fps: 60 };
  const { endMs } = simulate(shared);
  const { answersPerS, longestQueueMs } = simulate(shared, endMs);
  expect(answersPerS).toBeGreaterThan(0.9 * (1_000 / 30));
  expect(longestQueueMs).toBeLessThan(2 * 30);
});

test('a queue that builds up in the network does not raise the limit', () => {
  answer(30, 60, 20);
  const before = window.limit;
  answer(30, 900, 20);
  expect(window.limit).toBeLessThanOrEqual(before + 1);
});

test('timeouts lower the limit, and answers raise it one frame at a time', () => {
  answer(20, 60, 10);
  const before = window.limit;
  expect(before).toBeLessThan(MAX_FRAMES_IN_FLIGHT);
  for (let frameId = 100; frameId < 120; frameId++) {
    send(frameId, 0);
    window.hasCapacity(100_000);
  }
  expect(window.limit).toBe(1);
  answer(100, 60, 10);
  expect(window.limit).toBe(before);
});

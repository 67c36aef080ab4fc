import { beforeEach, describe, expect, test } from 'vitest';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { STREAM } from '../tuning.ts';
import { SendAdaptation } from './send-adaptation.ts';

const SIZE = { width: 640, height: 360, outWidth: 1280, outHeight: 720 };
const SOURCE_MS = 1000 / 30;
const AMPLE_KBPS = 6_000;
/** What all 30 frames of a leg need, kb/s. */
const UP_KBPS = (30 * STREAM.leastBitsPerPixel * 640 * 360) / 1000;
const DOWN_KBPS = (30 * STREAM.leastBitsPerPixel * 1280 * 720) / 1000;

let plan: SendAdaptation;
let nowMs: number;

beforeEach(() => {
  plan = new SendAdaptation(SIZE);
  nowMs = 0;
});

/** Offers the source's frames for so long; returns which of them, counted from 0, were sent. */
function run(upKbps: number, downKbps: number, forMs = 1_000): number[] {
  const sent: number[] = [];
  for (let frame = 0; frame * SOURCE_MS < forMs; frame++) {
    plan.follow({ upKbps, downKbps, sourceMs: SOURCE_MS }, nowMs);
    if (plan.isDue(nowMs)) {
      plan.sent(nowMs);
      sent.push(frame);
    }
    nowMs += SOURCE_MS;
  }
  return sent;
}

test('with room enough every frame is sent, as large as it is', () => {
  expect(run(AMPLE_KBPS, AMPLE_KBPS)).toHaveLength(30);
  expect(plan.size).toEqual({ width: 640, height: 360 });
  expect(plan.intervalMs).toBe(0);
});

describe('where a leg does not carry all of them', () => {
  test.each([
    ['the way there', 0.6 * UP_KBPS, AMPLE_KBPS],
    ['the way back', AMPLE_KBPS, 0.6 * DOWN_KBPS],
  ])('%s: each second one is left out, at once and evenly', (_, upKbps, downKbps) => {
    expect(run(upKbps, downKbps, 200)).toEqual([0, 2, 4]);
    expect(plan.intervalMs).toBeCloseTo(2 * SOURCE_MS);
  });

  test('so many are always sent that it is a motion picture', () => {
    expect(run(AMPLE_KBPS, STREAM_LIMITS.minBitrateKbps)).toHaveLength(STREAM.leastSentFps);
  });

  test('all of them come back after a while, a step at a time, and not for a moment of more', () => {
    run(AMPLE_KBPS, 0.3 * DOWN_KBPS);
    const before = plan.intervalMs;
    run(AMPLE_KBPS, AMPLE_KBPS, STREAM.moreFramesAfterMs / 2);
    run(AMPLE_KBPS, 0.3 * DOWN_KBPS);
    expect(plan.intervalMs).toBe(before);
    run(AMPLE_KBPS, AMPLE_KBPS, 3 * STREAM.moreFramesAfterMs);
    expect(plan.intervalMs).toBe(0);
  });

  test('a rate that stays about what is needed does not make it go up and down', () => {
    run(AMPLE_KBPS, 0.95 * DOWN_KBPS);
    const intervals = new Set<number>();
    for (let nth = 0; nth < 20; nth++) {
      run(AMPLE_KBPS, (nth % 2 === 0 ? 0.95 : 1.1) * DOWN_KBPS, 700);
      intervals.add(plan.intervalMs);
    }
    expect([...intervals]).toHaveLength(1);
  });
});

describe('where even so few are too much for the way there', () => {
  test('smaller ones are sent, but only when it lasts; and large ones again, later', () => {
    run(0.2 * UP_KBPS, AMPLE_KBPS, STREAM.smallerAfterMs / 2);
    run(AMPLE_KBPS, AMPLE_KBPS);
    expect(plan.size.width).toBe(640);
    run(0.2 * UP_KBPS, AMPLE_KBPS, 2 * STREAM.smallerAfterMs);
    expect(plan.size).toEqual({ width: 426, height: 240 });
    run(0.05 * UP_KBPS, AMPLE_KBPS, 2 * STREAM.smallerAfterMs);
    expect(plan.size).toEqual({ width: 320, height: 180 });
    run(AMPLE_KBPS, AMPLE_KBPS, 2 * STREAM.largerAfterMs);
    expect([plan.size.width, plan.intervalMs]).toEqual([640, 0]);
  });

  test('smaller ones do not help the way back, and none is too small for the kernels', () => {
    run(AMPLE_KBPS, STREAM_LIMITS.minBitrateKbps, 5_000);
    expect(plan.size.width).toBe(640);
    plan = new SendAdaptation({ ...SIZE, outWidth: 4 * 640, outHeight: 4 * 360 });
    run(STREAM_LIMITS.minBitrateKbps, AMPLE_KBPS, 5_000);
    expect(plan.size.width).toBe(640);
  });
});

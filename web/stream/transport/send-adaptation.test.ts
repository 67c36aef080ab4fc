import { beforeEach, describe, expect, test } from 'vitest';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import {
  LARGER_AFTER_MS,
  MIN_BITS_PER_PIXEL,
  MIN_SENT_FPS,
  MORE_FRAMES_AFTER_MS,
  SendAdaptation,
  SMALLER_AFTER_MS,
} from './send-adaptation.ts';

const SIZE = { width: 640, height: 360, outWidth: 1280, outHeight: 720 };
const SOURCE_INTERVAL_MS = 1000 / 30;
const AMPLE_KBPS = 6_000;
/** Rates that all 30 frames a second need. */
const UPLINK_KBPS = (30 * MIN_BITS_PER_PIXEL * 640 * 360) / 1000;
const DOWNLINK_KBPS = (30 * MIN_BITS_PER_PIXEL * 1280 * 720) / 1000;

let adaptation: SendAdaptation;
let nowMs: number;

beforeEach(() => {
  adaptation = new SendAdaptation(SIZE);
  nowMs = 0;
});

/** Offers the source's frames for this time; returns the indices of those that were sent. */
function run(uplinkKbps: number, downlinkKbps: number, durationMs = 1_000): number[] {
  const sent: number[] = [];
  for (let frame = 0; frame * SOURCE_INTERVAL_MS < durationMs; frame++) {
    adaptation.adapt({ uplinkKbps, downlinkKbps, sourceIntervalMs: SOURCE_INTERVAL_MS }, nowMs);
    if (adaptation.isDue(nowMs)) {
      adaptation.sent(nowMs);
      sent.push(frame);
    }
    nowMs += SOURCE_INTERVAL_MS;
  }
  return sent;
}

test('with enough capacity every frame is sent at full size', () => {
  expect(run(AMPLE_KBPS, AMPLE_KBPS)).toHaveLength(30);
  expect(adaptation.size).toEqual({ width: 640, height: 360 });
  expect(adaptation.intervalMs).toBe(0);
});

describe('when one direction cannot carry every frame', () => {
  test.each([
    ['uplink', 0.6 * UPLINK_KBPS, AMPLE_KBPS],
    ['downlink', AMPLE_KBPS, 0.6 * DOWNLINK_KBPS],
  ])('%s: every second frame is skipped, at once and evenly', (_, uplinkKbps, downlinkKbps) => {
    expect(run(uplinkKbps, downlinkKbps, 200)).toEqual([0, 2, 4]);
    expect(adaptation.intervalMs).toBeCloseTo(2 * SOURCE_INTERVAL_MS);
  });

  test('the minimum frame rate is always sent', () => {
    expect(run(AMPLE_KBPS, STREAM_LIMITS.minBitrateKbps)).toHaveLength(MIN_SENT_FPS);
  });

  test('the frame rate recovers in steps after a while, not after a moment of higher capacity', () => {
    run(AMPLE_KBPS, 0.3 * DOWNLINK_KBPS);
    const before = adaptation.intervalMs;
    run(AMPLE_KBPS, AMPLE_KBPS, MORE_FRAMES_AFTER_MS / 2);
    run(AMPLE_KBPS, 0.3 * DOWNLINK_KBPS);
    expect(adaptation.intervalMs).toBe(before);
    run(AMPLE_KBPS, AMPLE_KBPS, 3 * MORE_FRAMES_AFTER_MS);
    expect(adaptation.intervalMs).toBe(0);
  });

  test('a rate that varies around the required one does not make the frame rate oscillate', () => {
    run(AMPLE_KBPS, 0.95 * DOWNLINK_KBPS);
    const intervals = new Set<number>();
    for (let nth = 0; nth < 20; nth++) {
      run(AMPLE_KBPS, (nth % 2 === 0 ? 0.95 : 1.1) * DOWNLINK_KBPS, 700);
      intervals.add(adaptation.intervalMs);
    }
    expect([...intervals]).toHaveLength(1);
  });
});

describe('when the uplink cannot carry even the minimum frame rate', () => {
  test('smaller frames are sent once that lasts, and large ones again later', () => {
    run(0.2 * UPLINK_KBPS, AMPLE_KBPS, SMALLER_AFTER_MS / 2);
    run(AMPLE_KBPS, AMPLE_KBPS);
    expect(adaptation.size.width).toBe(640);
    run(0.2 * UPLINK_KBPS, AMPLE_KBPS, 2 * SMALLER_AFTER_MS);
    expect(adaptation.size).toEqual({ width: 426, height: 240 });
    run(0.05 * UPLINK_KBPS, AMPLE_KBPS, 2 * SMALLER_AFTER_MS);
    expect(adaptation.size).toEqual({ width: 320, height: 180 });
    run(AMPLE_KBPS, AMPLE_KBPS, 2 * LARGER_AFTER_MS);
    expect([adaptation.size.width, adaptation.intervalMs]).toEqual([640, 0]);
  });

  test('a slow downlink does not shrink frames, and none is shrunk beyond the largest scale', () => {
    run(AMPLE_KBPS, STREAM_LIMITS.minBitrateKbps, 5_000);
    expect(adaptation.size.width).toBe(640);
    adaptation = new SendAdaptation({ ...SIZE, outWidth: 4 * 640, outHeight: 4 * 360 });
    run(STREAM_LIMITS.minBitrateKbps, AMPLE_KBPS, 5_000);
    expect(adaptation.size.width).toBe(640);
  });
});

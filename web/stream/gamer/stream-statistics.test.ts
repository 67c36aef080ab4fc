import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { localFrameStages } from '../frame-timing.ts';
import { StreamStatistics } from './stream-statistics.ts';

const STATE = { codec: 'vp8', running: 'local', why: 'test' } as const;

let clock: ManualClock;
let statistics: StreamStatistics;
let nextFrameId: number;

beforeEach(() => {
  clock = new ManualClock(1_000);
  nextFrameId = 0;
  statistics = new StreamStatistics(() => clock.now());
});

/** One frame that took `delayMs` and was shown now. */
function present(delayMs: number, volunteerId: string | null = null, isSharpened = true): void {
  const nowMs = clock.now();
  const stages = localFrameStages({
    capturedMs: nowMs - delayMs,
    computeStartMs: nowMs - delayMs,
    computedMs: nowMs,
    presentedMs: nowMs,
  });
  const frameId = capture();
  const made = isSharpened ? ({ quality: 'balanced', lowered: 'too-slow' } as const) : null;
  statistics.presented({ frameId, volunteerId, made }, stages);
}

function capture(): number {
  statistics.captured(nextFrameId);
  return nextFrameId++;
}

test('counts what became of every frame', () => {
  const [, lost] = [capture(), capture(), capture()];
  statistics.sent(500);
  statistics.dropped(lost, 'lost');
  present(10);
  capture();
  statistics.refused('fps-cap');
  capture();
  expect(statistics.report(STATE)).toMatchObject({
    framesCaptured: 6,
    framesSent: 1,
    framesPresented: 1,
    framesLocal: 1,
    framesDropped: { late: 2, lost: 1, 'fps-cap': 1 },
    ...STATE,
  });
});

test('a young stream shows its true rate, an old one that of the last seconds', () => {
  for (let frame = 0; frame < 50; frame++) {
    present(5);
    clock.advance(20);
  }
  expect(statistics.report(STATE).fps).toBeCloseTo(50, 0);
  for (let frame = 0; frame < 100; frame++) {
    present(5);
    clock.advance(100);
  }
  expect(statistics.report(STATE).fps).toBeCloseTo(10, 0);
});

test('figures are of the window only, counts of the whole stream', () => {
  present(80);
  clock.advance(STREAM_LIMITS.statsWindowMs + 1);
  present(8);
  const report = statistics.report(STATE);
  expect(report.glassToGlassMs).toEqual({ p50: 8, p95: 8 });
  expect(report.framesPresented).toBe(2);
});

test('each volunteer’s share of the shown frames', () => {
  for (const who of ['a', 'a', 'a', null]) present(5, who);
  expect(statistics.report(STATE).shares).toEqual([{ volunteerId: 'a', share: 0.75 }]);
});

test('rates of the link both ways', () => {
  capture();
  clock.advance(1_000);
  statistics.sent(1_000);
  statistics.received(3_000);
  const { uplinkKbps, downlinkKbps } = statistics.report(STATE);
  expect([uplinkKbps, downlinkKbps]).toEqual([8, 24]);
});

test('frames shown unsharpened count as shown, and say nothing of how long sharpening takes', () => {
  for (let frame = 0; frame < 10; frame++) {
    clock.advance(50);
    present(1, null, false);
  }
  present(80);
  const report = statistics.report(STATE);
  expect(report).toMatchObject({ framesPresented: 11, framesUnsharpened: 10, framesLocal: 1 });
  expect(report.glassToGlassMs).toEqual({ p50: 80, p95: 80 });
  expect(report.fps).toBeGreaterThan(10);
});

test('tells what is shown now is made with', () => {
  expect(statistics.report(STATE).quality).toBeNull();
  present(5);
  expect(statistics.report(STATE).quality).toBe('balanced');
  present(1, null, false);
  expect(statistics.report(STATE).quality).toBeNull();
});

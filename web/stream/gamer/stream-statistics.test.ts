import { beforeEach, describe, expect, test } from 'vitest';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { localFrameStages } from '../frame-timing.ts';
import { FrameAccounting, StreamStatistics } from './stream-statistics.ts';

const STATE = { codec: 'vp8', running: 'local', lowered: null, localBackend: 'js', reasons: [] } as const;
const PICTURES = { ...STATE, transport: 'picture' } as const;

let clock: ManualClock;
let statistics: StreamStatistics;
let nextFrameId: number;

beforeEach(() => {
  clock = new ManualClock(1_000);
  nextFrameId = 0;
  statistics = new StreamStatistics(() => clock.now());
});

/** Presents a frame now that was captured `delayMs` ago. */
function present(delayMs: number, volunteerId: string | null = null, quality: Quality | null = 'balanced'): void {
  const nowMs = clock.now();
  const stages = localFrameStages({
    capturedMs: nowMs - delayMs,
    computeStartMs: nowMs - delayMs,
    computedMs: nowMs,
    presentedMs: nowMs,
  });
  const frameId = capture();
  const outcome = quality && ({ quality, downgradeReason: 'too-slow' } as const);
  statistics.presented({ frameId, volunteerId, outcome }, stages);
}

function capture(): number {
  statistics.captured(nextFrameId);
  return nextFrameId++;
}

test('counts the outcome of every frame', () => {
  const [, lost] = [capture(), capture(), capture()];
  statistics.sent(500);
  statistics.dropped(lost, 'lost');
  present(10);
  capture();
  statistics.refused('fps-cap');
  capture();
  expect(statistics.report(PICTURES)).toMatchObject({
    framesCaptured: 6,
    framesSent: 1,
    framesPresented: 1,
    framesLocal: 1,
    framesDropped: { late: 2, lost: 1, 'fps-cap': 1 },
    ...STATE,
  });
});

test('the explanation is its reasons one after the other', () => {
  const reasons = [
    { kind: 'helping', text: 'Vera is helping.' },
    { kind: 'lower-quality', text: "Vera is too slow for 'ultra'." },
  ] as const;
  expect(statistics.report({ ...PICTURES, reasons })).toMatchObject({
    reasons,
    why: "Vera is helping. Vera is too slow for 'ultra'.",
  });
});

test('a young stream reports its true rate, an old one the rate of the last seconds', () => {
  for (let frame = 0; frame < 50; frame++) {
    present(5);
    clock.advance(20);
  }
  expect(statistics.report(PICTURES).fps).toBeCloseTo(50, 0);
  for (let frame = 0; frame < 100; frame++) {
    present(5);
    clock.advance(100);
  }
  expect(statistics.report(PICTURES).fps).toBeCloseTo(10, 0);
});

test('times cover the window only, counts the whole stream', () => {
  present(80);
  clock.advance(STREAM_LIMITS.statsWindowMs + 1);
  present(8);
  const report = statistics.report(PICTURES);
  expect(report.glassToGlassMs).toEqual({ p50: 8, p95: 8 });
  expect(report.framesPresented).toBe(2);
});

test('reports each volunteer’s share of the presented frames, and this computer’s, which leaves those that were only enlarged', () => {
  expect(statistics.report(PICTURES)).toMatchObject({ shares: [], localShare: 0 });
  for (const who of ['a', 'a', null]) present(5, who);
  present(5, null, null);
  expect(statistics.report(PICTURES)).toMatchObject({ shares: [{ volunteerId: 'a', share: 0.5 }], localShare: 0.25 });
});

test('reports the bitrate of both directions', () => {
  capture();
  clock.advance(1_000);
  statistics.sent(1_000);
  statistics.received(3_000);
  const { uplinkKbps, downlinkKbps } = statistics.report(PICTURES);
  expect([uplinkKbps, downlinkKbps]).toEqual([8, 24]);
});

test('frames shown as captured count as presented, but not into the latency', () => {
  for (let frame = 0; frame < 10; frame++) {
    clock.advance(50);
    present(1, null, null);
  }
  present(80);
  const report = statistics.report(PICTURES);
  expect(report).toMatchObject({ framesPresented: 11, framesUnsharpened: 10, framesLocal: 1 });
  expect(report.glassToGlassMs).toEqual({ p50: 80, p95: 80 });
  expect(report.fps).toBeGreaterThan(10);
});

test('`framesLocal` counts what a network sharpened here; a filter that sharpens is counted apart, one that only enlarges as nothing', () => {
  for (const quality of ['fast', 'quality', 'spatial', 'bicubic', 'bilinear', null] as const) present(5, null, quality);
  expect(statistics.report(PICTURES)).toMatchObject({
    ...{ framesPresented: 6, framesLocal: 2, framesFiltered: 1, framesUnsharpened: 3, localShare: 0.5 },
  });
});

test('reports the quality of the picture on the screen', () => {
  expect(statistics.report(PICTURES).quality).toBeNull();
  present(5);
  expect(statistics.report(PICTURES).quality).toBe('balanced');
  present(1, null, null);
  expect(statistics.report(PICTURES).quality).toBeNull();
});

describe('FrameAccounting', () => {
  let accounting: FrameAccounting;

  beforeEach(() => {
    accounting = new FrameAccounting();
  });

  const total = () => {
    const { volunteer, network, filter, nobody } = accounting.shown;
    return { presented: volunteer + network + filter + nobody, dropped: Object.fromEntries(accounting.dropped) };
  };

  test('a frame under way is neither shown nor dropped', () => {
    for (const frameId of [0, 1, 2]) accounting.captured(frameId);
    accounting.presented(0, 'volunteer');
    expect(total()).toEqual({ presented: 1, dropped: {} });
  });

  test('a frame older than the one on the screen is dropped for its first cause, or as late', () => {
    for (const frameId of [0, 1, 2, 3]) accounting.captured(frameId);
    accounting.failed(1, 'lost');
    accounting.failed(1, 'route-closed');
    expect(total()).toEqual({ presented: 0, dropped: {} });
    accounting.presented(2, 'volunteer');
    expect(total()).toEqual({ presented: 1, dropped: { late: 1, lost: 1 } });
    // Their pictures arrive after all.
    accounting.failed(0, 'timeout');
    accounting.presented(1, 'volunteer');
    expect(total()).toEqual({ presented: 1, dropped: { late: 1, lost: 1 } });
  });

  test('a frame that fills a gap is presented once, and the volunteer’s late answer is not a drop', () => {
    accounting.captured(0);
    accounting.presented(0, 'network');
    accounting.failed(0, 'timeout');
    accounting.captured(1);
    accounting.failed(1, 'uplink-full');
    accounting.presented(1, 'network');
    accounting.captured(2);
    accounting.presented(2, 'volunteer');
    expect(total()).toEqual({ presented: 3, dropped: {} });
    expect(accounting.shown).toEqual({ volunteer: 1, network: 2, filter: 0, nobody: 0 });
  });

  test('a repeated frame counts as one frame, whichever of its pictures arrive', () => {
    accounting.captured(0);
    accounting.repeated(1);
    accounting.repeated(2);
    accounting.presented(1, 'nobody');
    expect(accounting.shown).toEqual({ volunteer: 0, network: 0, filter: 0, nobody: 1 });
    accounting.presented(2, 'network');
    accounting.repeated(3);
    accounting.presented(3, 'volunteer');
    expect(accounting.shown, 'a volunteer comes on top').toEqual({ volunteer: 1, network: 0, filter: 0, nobody: 0 });
    accounting.captured(4);
    accounting.presented(4, 'network');
    expect(total()).toEqual({ presented: 2, dropped: {} });
  });

  test('a refused frame is dropped at once, and the frame before it can still be repeated', () => {
    accounting.captured(0);
    accounting.captured(1);
    accounting.refused('fps-cap');
    expect(total()).toEqual({ presented: 0, dropped: { 'fps-cap': 1 } });
    accounting.repeated(2);
    accounting.presented(2, 'network');
    expect(total()).toEqual({ presented: 1, dropped: { 'fps-cap': 1 } });
  });

  test('if nothing is ever shown, memory stays bounded and every frame is still counted', () => {
    const frames = 5_000;
    for (let frameId = 0; frameId < frames; frameId++) {
      accounting.captured(frameId);
      accounting.failed(frameId, 'uplink-full');
    }
    const dropped = accounting.dropped.get('uplink-full') ?? 0;
    expect(dropped).toBeGreaterThan(frames - 1_000);
    accounting.presented(frames - 1, 'network');
    expect(total()).toEqual({ presented: 1, dropped: { 'uplink-full': frames - 1 } });
  });
});

import { expect, onTestFinished, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { FrameIntake } from './frame-intake.ts';
import { StreamStatistics } from './stream-statistics.ts';

test("the source's interval is known from its own frames, whoever gets them, and not from repeats of a still one", () => {
  const clock = new ManualClock(1_000);
  const now = () => clock.now();
  const intake = new FrameIntake({
    ...{ clock, settings: { scale: 2, maxFps: 60 }, statistics: new StreamStatistics(now) },
    onResize: () => {},
    onFrame: () => {},
  });
  onTestFinished(() => intake.dispose());
  expect(intake.intervalMs).toBeCloseTo(1_000 / 60);
  const canvas = new OffscreenCanvas(64, 36);
  canvas.getContext('2d')?.fillRect(0, 0, 8, 8);
  for (let frame = 0; frame < 8; frame++) {
    intake.accept(new VideoFrame(canvas, { timestamp: 1_000 * clock.now() }));
    clock.advance(10);
    intake.repeatNewest();
    clock.advance(40);
  }
  expect(intake.intervalMs).toBe(50);
  intake.maxFps = 10;
  expect(intake.intervalMs).toBe(100);
});

test('the last frame of a source is sent though it came too soon for the rate, soon and once, and no earlier one', () => {
  const clock = new ManualClock(1_000);
  const now = () => clock.now();
  const statistics = new StreamStatistics(now);
  const sent: { frameId: number; isRepeat: boolean }[] = [];
  const intake = new FrameIntake({
    ...{ clock, settings: { scale: 2, maxFps: 20 }, statistics },
    onResize: () => {},
    onFrame: ({ frameId, isRepeat }) => sent.push({ frameId, isRepeat }),
  });
  onTestFinished(() => intake.dispose());
  const canvas = new OffscreenCanvas(64, 36);
  canvas.getContext('2d')?.fillRect(0, 0, 8, 8);
  // All at once, as a thread that was busy gets them.
  const frames = [0, 1, 2].map((timestamp) => new VideoFrame(canvas, { timestamp }));
  for (const frame of frames) intake.accept(frame);
  expect(frames.map(({ format }) => format === null)).toEqual([true, true, false]);
  expect(intake.hasEarly).toBe(true);
  // A source that goes on would have given the next one by then.
  clock.advance(74);
  expect(sent).toHaveLength(1);
  clock.advance(1);
  expect(intake.hasEarly).toBe(false);
  intake.repeatNewest();
  expect(sent).toEqual([
    { frameId: 0, isRepeat: false },
    { frameId: 2, isRepeat: false },
    { frameId: 3, isRepeat: true },
  ]);
  expect(frames.map(({ format }) => format)).toEqual([null, null, null]);
});

test('a source of twice the rate is thinned to every second frame, none of which waits', () => {
  const clock = new ManualClock(1_000);
  const now = () => clock.now();
  const sent: number[] = [];
  const intake = new FrameIntake({
    ...{ clock, settings: { scale: 2, maxFps: 25 }, statistics: new StreamStatistics(now) },
    onResize: () => {},
    onFrame: ({ frameId, capturedMs }) => sent.push(frameId, clock.now() - capturedMs),
  });
  onTestFinished(() => intake.dispose());
  const canvas = new OffscreenCanvas(64, 36);
  canvas.getContext('2d')?.fillRect(0, 0, 8, 8);
  for (let frame = 0; frame < 6; frame++) {
    intake.accept(new VideoFrame(canvas, { timestamp: frame }));
    clock.advance(18);
  }
  expect(sent).toEqual([0, 0, 2, 0, 4, 0]);
});

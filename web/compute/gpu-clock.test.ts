import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { GpuClock, MAX_IMPLAUSIBLE } from './gpu-clock.ts';
import { msBetween } from './wgsl/gpu-timer.ts';

function setup() {
  const clock = new ManualClock();
  const gpuClock = new GpuClock(() => clock.now());
  /** Work that is waited for. */
  const spentMs = (saidMs: number | null, waitedMs: number) => {
    const startMs = clock.now();
    clock.advance(waitedMs);
    return gpuClock.spentMs(saidMs, startMs);
  };
  return { clock, gpuClock, spentMs };
}

test('what the GPU says counts where it can be, also 0 for a short task', () => {
  const { spentMs } = setup();
  expect([spentMs(4, 12), spentMs(0, 12), spentMs(12, 12)]).toEqual([4, 0, 12]);
});

test.each([
  ['more than the whole wait', 10_000],
  ['0 after a long wait', 0],
  ['nothing', null],
])('where it says %s, the wait counts', (_what, saidMs) => {
  const { gpuClock, spentMs } = setup();
  expect(spentMs(saidMs, 100)).toBe(100);
  expect(gpuClock.isTrusted).toBe(true);
});

test('work that was waited for at the same time counts once', () => {
  const { clock, gpuClock } = setup();
  clock.advance(30);
  expect(gpuClock.spentMs(null, 0)).toBe(30);
  clock.advance(5);
  expect(gpuClock.spentMs(null, 10)).toBe(5);
});

test('a clock that is wrong several times in a row is given up, not one that is wrong now and then', () => {
  const { gpuClock, spentMs } = setup();
  for (let n = 0; n < 4 * MAX_IMPLAUSIBLE; n++) spentMs(n % MAX_IMPLAUSIBLE === 0 ? 4 : null, 12);
  expect(gpuClock.isTrusted).toBe(true);
  for (let n = 0; n < MAX_IMPLAUSIBLE; n++) spentMs(null, 12);
  expect(gpuClock.isTrusted).toBe(false);
  expect(spentMs(4, 12)).toBe(12);
  expect(gpuClock.isTrusted).toBe(false);
});

test('stamps of 0 and such that go backwards tell no time', () => {
  const stamps = [
    [5_000_000n, 9_000_000n],
    [5_000_000n, 5_000_000n],
    [0n, 9_000_000n],
    [5_000_000n, 0n],
    [0n, 0n],
    [9_000_000n, 5_000_000n],
  ] as const;
  expect(stamps.map(([begin, end]) => msBetween(begin, end))).toEqual([4, 0, null, null, null, null]);
});

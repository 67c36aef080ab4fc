import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import type { UpscaledFrame } from '../frame.ts';
import { ReorderBuffer } from './presenter.ts';

const HOLD_MS = 20;

let clock: ManualClock;
let expected: Set<number>;
let shown: number[];
let closed: number[];
let buffer: ReorderBuffer;

beforeEach(() => {
  clock = new ManualClock();
  expected = new Set();
  shown = [];
  closed = [];
  buffer = new ReorderBuffer({
    clock,
    holdMs: () => HOLD_MS,
    isOlderExpected: (frameId) => [...expected].some((other) => other < frameId),
    show: ({ frameId }) => shown.push(frameId),
  });
});

function arrives(frameId: number): void {
  expected.delete(frameId);
  buffer.offer({ frameId, frame: { close: () => closed.push(frameId) } } as unknown as UpscaledFrame);
}

test('frames in order are shown at once', () => {
  expected = new Set([1, 2, 3]);
  for (const frameId of [1, 2, 3]) {
    arrives(frameId);
    expect(shown.at(-1)).toBe(frameId);
  }
  expect(clock.pending).toBe(0);
});

test('a frame that overtook an older one waits for it', () => {
  expected = new Set([1, 2, 3]);
  arrives(2);
  arrives(3);
  expect(shown).toEqual([]);
  arrives(1);
  expect(shown).toEqual([1, 2, 3]);
  expect(clock.pending).toBe(0);
});

test('a frame waits no longer than the hold time', () => {
  expected = new Set([1, 2]);
  arrives(2);
  clock.advance(HOLD_MS);
  expect(shown).toEqual([2]);
});

test('a frame is shown at once when the older one will not come', () => {
  expected = new Set([1, 2]);
  arrives(2);
  expected.delete(1);
  buffer.settle();
  expect(shown).toEqual([2]);
});

test('held frames are closed when the stream ends', () => {
  expected = new Set([1, 2]);
  arrives(2);
  buffer.dispose();
  expect([shown, closed, clock.pending]).toEqual([[], [2], 0]);
});

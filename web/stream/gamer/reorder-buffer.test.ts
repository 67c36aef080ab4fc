import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import type { SharpFrame } from '../frame.ts';
import { ReorderBuffer } from './reorder-buffer.ts';

const HOLD_MS = 20;

let clock: ManualClock;
let expected: Set<number>;
let shown: number[];
let closed: number[];
let order: ReorderBuffer;

beforeEach(() => {
  clock = new ManualClock();
  expected = new Set();
  shown = [];
  closed = [];
  order = new ReorderBuffer({
    clock,
    holdMs: () => HOLD_MS,
    isOlderExpected: (frameId) => [...expected].some((other) => other < frameId),
    show: ({ frameId }) => shown.push(frameId),
  });
});

function arrives(frameId: number): void {
  expected.delete(frameId);
  order.offer({ frameId, frame: { close: () => closed.push(frameId) } } as unknown as SharpFrame);
}

test('frames in order are shown at once', () => {
  expected = new Set([1, 2, 3]);
  for (const frameId of [1, 2, 3]) {
    arrives(frameId);
    expect(shown.at(-1)).toBe(frameId);
  }
  expect(clock.pending).toBe(0);
});

test('one that overtook another waits for it', () => {
  expected = new Set([1, 2, 3]);
  arrives(2);
  arrives(3);
  expect(shown).toEqual([]);
  arrives(1);
  expect(shown).toEqual([1, 2, 3]);
  expect(clock.pending).toBe(0);
});

test('but not for long', () => {
  expected = new Set([1, 2]);
  arrives(2);
  clock.advance(HOLD_MS);
  expect(shown).toEqual([2]);
});

test('and no longer when the other one will not come', () => {
  expected = new Set([1, 2]);
  arrives(2);
  expected.delete(1);
  order.settle();
  expect(shown).toEqual([2]);
});

test('what is held when the stream ends is closed', () => {
  expected = new Set([1, 2]);
  arrives(2);
  order.dispose();
  expect([shown, closed, clock.pending]).toEqual([[], [2], 0]);
});

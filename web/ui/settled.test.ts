import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SETTLE_MS, watchSettled } from './settled.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a click counts only once the page was in view for longer than a double click takes, also after it was hidden', () => {
  const told: boolean[] = [];
  let changed = () => {};
  const page = {
    isVisible: true,
    onChange: (listener: () => void) => {
      changed = listener;
      return () => {
        changed = () => {};
      };
    },
    after: (ms: number, action: () => void) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
  };
  const stop = watchSettled(page, (isSettled) => told.push(isSettled));
  vi.advanceTimersByTime(SETTLE_MS - 1);
  expect(told).toEqual([false]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([false, true]);

  page.isVisible = false;
  changed();
  vi.advanceTimersByTime(2 * SETTLE_MS);
  expect(told.at(-1), 'hidden').toBe(false);
  page.isVisible = true;
  changed();
  vi.advanceTimersByTime(SETTLE_MS / 2);
  expect(told.at(-1), 'uncovered a moment ago').toBe(false);
  vi.advanceTimersByTime(SETTLE_MS / 2);
  expect(told.at(-1)).toBe(true);

  changed();
  stop();
  vi.advanceTimersByTime(2 * SETTLE_MS);
  expect(told.at(-1), 'no longer watched').toBe(false);
});

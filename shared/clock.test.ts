import { expect, test, vi } from 'vitest';
import { withinTime } from './clock.ts';

test('what takes longer is null, what is in time or fails is as it is, and no timer is left', async () => {
  vi.useFakeTimers();
  try {
    const late = withinTime(new Promise(() => {}), 100);
    vi.advanceTimersByTime(100);
    expect(await late).toBeNull();
    expect(await withinTime(Promise.resolve(1), 100)).toBe(1);
    await expect(withinTime(Promise.reject(new Error('no')), 100)).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

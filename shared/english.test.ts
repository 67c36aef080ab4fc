// Protects: pages start and errors are told in a browser whose Intl throws, as WebKitGTK's does where the system's language is C.
import { afterEach, expect, test, vi } from 'vitest';
import { listInWords, withSeparators } from './english.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('numbers and lists read as English ones of Intl do', () => {
  const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });
  for (const value of [0, 7, 999, 1_000, 12_345, 1_234_567, 8.3, 1_234.5, -4_096]) {
    expect(withSeparators(value)).toBe(numbers.format(value));
  }
  const lists = new Intl.ListFormat('en');
  for (const items of [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']]) {
    expect(listInWords(items)).toBe(lists.format(items));
  }
});

test('figures, notices and limits of sizes need no Intl', async () => {
  vi.stubGlobal('Intl', undefined);
  vi.resetModules();
  const { formatCount, formatDuration } = await import('../web/ui/format.ts');
  const { checkPictureFits } = await import('./tasks/upscale-size.ts');
  expect(formatCount(16_384)).toBe('16,384');
  expect(formatDuration(6_000_000_000)).toBe('100,000 min');
  expect(() => checkPictureFits({ width: 40_000, height: 2_000 })).toThrow('32,767 pixels');
});

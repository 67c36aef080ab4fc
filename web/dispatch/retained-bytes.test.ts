import { expect, test } from 'vitest';
import { retainedBytes } from './retained-bytes.ts';

const KIB = 1024;
const about = (sizeBytes: number) => [sizeBytes, sizeBytes * 1.5 + 500] as const;

function expectBetween(value: unknown, [least, most]: readonly [number, number]): void {
  expect(retainedBytes(value)).toBeGreaterThanOrEqual(least);
  expect(retainedBytes(value)).toBeLessThan(most);
}

test('bulk data counts with the whole buffer that it keeps in memory, and a shared buffer once', () => {
  const buffer = new ArrayBuffer(64 * KIB);
  const image = { width: 1, height: 1, data: new Uint8ClampedArray(buffer, 8, 4) };
  expectBetween({ image }, about(64 * KIB));
  expectBetween({ image, again: new Uint8Array(buffer) }, about(64 * KIB));
});

test('names, texts, lists and objects count, however deep', () => {
  expectBetween({ ['n'.repeat(KIB)]: 1 }, about(2 * KIB));
  expectBetween([{ deep: [{ text: 't'.repeat(KIB) }] }], about(2 * KIB));
  expect(retainedBytes(Array.from({ length: KIB }, () => ({})))).toBeGreaterThan(40 * KIB);
  let deep: unknown = null;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  expect(retainedBytes(deep)).toBeGreaterThan(1_000_000);
});

test('the points of a path count each, without being looked at', () => {
  const points = Array.from({ length: 100_000 }, (_, i): [number, number] => [i, i]);
  expect(retainedBytes({ paths: [{ points, cost: 1 }, null] })).toBeGreaterThan(5_000_000);
});

test('a value that contains itself is counted once', () => {
  const value: Record<string, unknown> = {};
  value.self = value;
  expect(retainedBytes(value)).toBeLessThan(200);
});

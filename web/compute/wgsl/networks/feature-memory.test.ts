import { expect, test } from 'vitest';
import { FeatureMemory } from './feature-memory.ts';

const MIB = 1024 * 1024;
const SIZE = { width: 1_280, height: 720 };

test('the networks of all streams share one budget, and what does not fit is told what would', () => {
  const memory = new FeatureMemory(100 * MIB);
  const [first, second] = [{}, {}];
  memory.take(first, 75 * MIB, SIZE);
  expect(() => memory.take(second, 100 * MIB, SIZE)).toThrow(
    "needs 100 MiB of the GPU for frames of 1280x720, and other streams leave 25. Frames of 640x360 would fit. Make them smaller, close another stream, or use 'spatial'.",
  );
  memory.take(second, 25 * MIB, SIZE);
  memory.free(first);
  memory.take(second, 100 * MIB, SIZE);
});

test('a stream has room once, and none after it was refused', () => {
  const memory = new FeatureMemory(100 * MIB);
  const [first, second] = [{}, {}];
  for (let n = 0; n < 10; n++) memory.take(first, 60 * MIB, SIZE);
  expect(() => memory.take(first, 101 * MIB, SIZE)).toThrow(expect.objectContaining({ reason: 'queue-full' }));
  memory.take(second, 100 * MIB, SIZE);
});

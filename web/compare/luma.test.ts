import { expect, test } from 'vitest';
import { lumaOf } from './luma.ts';

test('luma weighs the colours as video does', () => {
  const data = Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 0);
  const luma = [...lumaOf({ width: 4, height: 1, data })];
  for (const [i, value] of [76.245, 149.685, 29.07, 255].entries()) expect(luma[i]).toBeCloseTo(value, 3);
});

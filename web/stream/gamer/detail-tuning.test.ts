import { expect, test } from 'vitest';
import { DETAIL_GAIN_LIMITS } from '../../../shared/detail.ts';
import { QUALITIES } from '../../../shared/tasks/upscale.ts';
import { detailCoding, detailGainDb, detailWeight } from './detail-tuning.ts';

test('the expected gain lies between the measured rates, and beyond them at the nearest or at nothing', () => {
  const [low, middle, high] = [detailGainDb('fast', 500), detailGainDb('fast', 750), detailGainDb('fast', 1_000)];
  expect(middle).toBeCloseTo((low + high) / 2);
  expect(detailGainDb('fast', 250)).toBeCloseTo(low / 2);
  expect(detailGainDb('fast', 50_000)).toBe(detailGainDb('fast', 2_000));
  for (const quality of QUALITIES) expect(detailGainDb(quality, 0)).toBe(0);
});

test('the softer the source, the less of the detail is added', () => {
  const weights = [0.5, 1.1, 1.4, 1.9, 3].map(detailWeight);
  expect(weights).toEqual([...weights].sort((a, b) => a - b));
  expect(weights[0]).toBeGreaterThan(0);
  expect(weights.at(-1)).toBeLessThan(1);
});

test('detail is coded more coarsely at low rates, within what volunteers accept', () => {
  expect(detailCoding(500).gain).toBeLessThan(detailCoding(2_000).gain);
  expect(detailCoding(100).gain).toBeGreaterThanOrEqual(DETAIL_GAIN_LIMITS.min);
});

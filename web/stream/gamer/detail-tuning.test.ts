import { expect, test } from 'vitest';
import { DETAIL_GAIN_LIMITS } from '../../../shared/detail.ts';
import { NETWORKS, QUALITIES, type Quality } from '../../../shared/tasks/upscale.ts';
import { blendOf, detailCoding, expectedGainDb } from './detail-tuning.ts';

const detailGainDb = (quality: Quality, kbps: number) => expectedGainDb(null, quality, kbps);

test('the expected gain lies between the measured rates, and beyond them at the nearest or at nothing', () => {
  const [low, middle, high] = [detailGainDb('fast', 500), detailGainDb('fast', 750), detailGainDb('fast', 1_000)];
  expect(middle).toBeCloseTo((low + high) / 2);
  expect(detailGainDb('fast', 250)).toBeCloseTo(low / 2);
  expect(detailGainDb('fast', 50_000)).toBe(detailGainDb('fast', 2_000));
  for (const quality of QUALITIES) expect(detailGainDb(quality, 0)).toBe(0);
});

test('the softer the source, the less is added to it, and detail of coded frames never wholly', () => {
  const blends = [0.2, 0.5, 0.56, 0.6, 0.7].map((sharpness) => blendOf('fast', false, sharpness));
  for (const values of [
    blends.map(({ localPictureShare }) => localPictureShare),
    blends.map(({ detailWeight }) => detailWeight),
  ]) {
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values[0]).toBeGreaterThan(0);
  }
  expect(blends.at(-1)?.localPictureShare, 'a picture of a sharp source is shown as it is').toBe(1);
  expect(blendOf(null, true, 0.7).detailWeight).toBeLessThan(1);
});

test("beside a volunteer's detail the local picture has a smaller share, and none where there is none", () => {
  for (const quality of ['spatial', ...NETWORKS] as const) {
    expect(blendOf(quality, true, 0.7).localPictureShare).toBeLessThan(blendOf(quality, false, 0.7).localPictureShare);
  }
  expect(blendOf(null, true, 0.7).localPictureShare).toBe(0);
});

test('detail is expected to add to what this machine does, and hardly anything to a network that is as good', () => {
  expect(expectedGainDb('spatial', 'quality', 1_000)).toBeGreaterThan(0);
  expect(expectedGainDb('spatial', 'quality', 1_000)).toBeLessThan(expectedGainDb(null, 'quality', 1_000));
  expect(expectedGainDb('fast', 'quality', 1_000)).toBeGreaterThan(0);
  expect(expectedGainDb('quality', 'quality', 1_000)).toBe(0);
  expect(expectedGainDb('quality', 'spatial', 1_000)).toBe(0);
});

test('detail is coded more coarsely at low rates, within what volunteers accept', () => {
  expect(detailCoding(500).gain).toBeLessThan(detailCoding(2_000).gain);
  expect(detailCoding(100).gain).toBeGreaterThanOrEqual(DETAIL_GAIN_LIMITS.min);
});

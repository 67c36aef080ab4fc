import { expect, test } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { halved, opaque, psnrDb, writingPicture } from '../test-pictures.ts';
import { fsr1, rcas } from './fsr1.ts';
import { upscaleReference } from './upscale.ts';

const row = (...greys: number[]): PixelImage => ({
  width: greys.length,
  height: 1,
  data: Uint8Array.from(greys.flatMap((grey) => [grey, grey, grey, 255])),
});
const greysOf = ({ data }: PixelImage) => [...data.filter((_, i) => i % 4 === 0)];

test('RCAS steepens an edge by as much as its formula says, and leaves what is flat, black or white', () => {
  // By hand, with one row above and below that are the same: at 102 of 51, 102, 204 the lobe is that of the brightest neighbour.
  const lobe = -(51 / (4 * 204)) * 2 ** -0.2;
  expect(greysOf(rcas(row(51, 102, 204)))[1]).toBe(Math.round((lobe * (51 + 204 + 2 * 102) + 102) / (4 * lobe + 1)));
  expect(greysOf(rcas(row(0, 0, 0, 255, 255, 255)))).toEqual([0, 0, 0, 255, 255, 255]);
  expect(greysOf(rcas(row(90, 90, 90)))).toEqual([90, 90, 90]);
});

test('FSR 1 restores more of writing than bilinear, and its colours stay in range', () => {
  const truth = opaque(writingPicture(128, 64));
  const small = halved(truth);
  const size = { outWidth: 128, outHeight: 64 };
  const bilinear = { width: 128, height: 64, data: upscaleReference(small, { ...size, quality: 'bilinear' }) };
  const made = fsr1(small);
  expect([made.width, made.height, made.data.length]).toEqual([128, 64, 128 * 64 * 4]);
  expect(psnrDb(made, truth)).toBeGreaterThan(psnrDb(bilinear, truth) + 0.9);
});

// Protects: a volunteer's detail is compared with what this machine computes of the same pixels.
import { expect, test } from 'vitest';
import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { UpscaleParams } from '../../../shared/tasks/upscale.ts';
import { cropSource, type PictureTile } from '../../../shared/tasks/upscale-tile.ts';
import { detailRows } from '../../compute/reference/detail.ts';
import { upscaleReference } from '../../compute/reference/upscale.ts';
import { scenePicture } from '../../compute/test-pictures.ts';
import { benefitOfTile, type UpscaleTile } from './tile-check.ts';

const CODING = { base: 'bicubic', gain: 2, deadZone: 0.5 } as const;
const picture = scenePicture();
const OUT = { outWidth: 2 * picture.width, outHeight: 2 * picture.height };
const span = { from: 16, length: 48, outFrom: 32, outLength: 96, validFrom: 16, validTo: 80 };
const tile: PictureTile = { across: span, down: { ...span, from: 8, outFrom: 16 } };
const source = cropSource(new Uint8Array(picture.data), picture.width, tile);

const codes = new Uint8Array(OUT.outWidth * OUT.outHeight);
const sharp = upscaleReference(picture, { ...OUT, quality: 'spatial' });
for (const _ of detailRows(picture, { width: OUT.outWidth, height: OUT.outHeight, data: sharp }, CODING, codes));

/** `spatial` stands for the network. */
const shareOf = async (received: Uint8Array) => {
  const computed: UpscaleParams[] = [];
  const upscaleTile: UpscaleTile = async (params, data) => {
    computed.push(params);
    return new Uint8Array(upscaleReference({ ...params, data }, { ...params, quality: 'spatial' }));
  };
  const options = { setup: { outWidth: OUT.outWidth, detail: CODING }, upscaleTile };
  const { gained, energy } = await benefitOfTile({ tile, source }, { codes: received, quality: 'fast' }, options);
  expect(computed.map(({ quality }) => quality)).toEqual(['fast']);
  return gained / energy;
};

test('detail of the frame that was sent is right', async () => {
  expect(await shareOf(codes)).toBeGreaterThan(0.9);
});

test('no detail adds nothing', async () => {
  expect(await shareOf(codes.map(() => NO_DETAIL_CODE))).toBe(0);
});

test('detail that takes away what it should add harms, and so does detail of another picture', async () => {
  expect(await shareOf(codes.map((code) => 2 * NO_DETAIL_CODE - code))).toBeLessThan(-1);
  expect(await shareOf(codes.map(() => 200))).toBeLessThan(-1);
});

// Protects: a volunteer's detail is compared with that of the right weights, and one that is late to notice a change of the source is not barred.
import { beforeEach, expect, test } from 'vitest';
import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { InputKind } from '../../../shared/tasks/input-kind.ts';
import { type PictureTile, sourceOf } from '../../../shared/tasks/upscale-tile.ts';
import { detailRows } from '../../compute/reference/detail.ts';
import { upscaleReference } from '../../compute/reference/upscale.ts';
import { aliasedPicture, smoothPicture } from '../../compute/test-pictures.ts';
import { benefitOfTile, RecentKinds, type UpscaleTile } from './tile-check.ts';

const CODING = { base: 'bicubic', gain: 2, deadZone: 0.5 } as const;
const picture = smoothPicture();
const OUT = { outWidth: 2 * picture.width, outHeight: 2 * picture.height };
const span = { from: 16, length: 48, outFrom: 32, outLength: 96, validFrom: 16, validTo: 80 };
const tile: PictureTile = { across: span, down: { ...span, from: 8, outFrom: 16 } };
const source = sourceOf(new Uint8Array(picture.data), picture.width, tile);

let computed: (InputKind | undefined)[];

beforeEach(() => {
  computed = [];
});

/** The weights for smooth pixels sharpen, those for aliased ones smooth. */
const upscaleTile: UpscaleTile = async (params, data) => {
  computed.push(params.input);
  const sharp = upscaleReference({ ...params, data }, { ...params, quality: 'spatial' });
  if (params.input !== 'aliased') return new Uint8Array(sharp);
  const base = upscaleReference({ ...params, data }, { ...params, quality: 'bicubic' });
  return new Uint8Array(sharp.map((value, at) => Math.min(255, Math.max(0, 2 * (base[at] ?? 0) - value))));
};

const codes = new Uint8Array(OUT.outWidth * OUT.outHeight);
const sharp = upscaleReference(picture, { ...OUT, quality: 'spatial' });
for (const _ of detailRows(picture, { width: OUT.outWidth, height: OUT.outHeight, data: sharp }, CODING, codes));
const opposite = codes.map((code) => 2 * NO_DETAIL_CODE - code);

const shareOf = async (received: Uint8Array, kinds: InputKind[]) => {
  const options = { setup: { outWidth: OUT.outWidth, detail: CODING }, upscaleTile };
  const benefit = await benefitOfTile({ tile, source, kinds }, { codes: received, quality: 'fast' }, options);
  return benefit.gained / benefit.energy;
};

test('detail by the weights for the pixels that the frame has is right, and no others are computed', async () => {
  expect(await shareOf(codes, ['smooth'])).toBeGreaterThan(0.9);
  expect(await shareOf(codes, ['smooth', 'aliased'])).toBeGreaterThan(0.9);
  expect(computed).toEqual(['smooth', 'smooth']);
});

test('detail by the other weights is of no use, and bars nobody', async () => {
  expect(await shareOf(opposite, ['smooth'])).toBe(0);
});

test('where the frame may be of either kind, detail by either weights is right', async () => {
  expect(await shareOf(opposite, ['smooth', 'aliased'])).toBeGreaterThan(0.8);
});

test('detail that neither weights give harms as it does', async () => {
  expect(
    await shareOf(
      codes.map(() => 200),
      ['smooth'],
    ),
  ).toBeLessThan(-1);
});

test('a kind of pixels that was seen a while ago is possible, and later it is not', () => {
  let nowMs = 0;
  const kinds = new RecentKinds(() => nowMs);
  expect(kinds.of(aliasedPicture())).toEqual(['aliased']);
  nowMs = 5_000;
  expect(kinds.of(smoothPicture())).toEqual(['smooth', 'aliased']);
  nowMs = 15_000;
  expect(kinds.of(smoothPicture())).toEqual(['smooth']);
});

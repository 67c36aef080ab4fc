import { describe, expect, test } from 'vitest';
import { IMAGE, upscale } from './upscale.ts';
import { cropSource, type PictureTile, type Span } from './upscale-tile.ts';
import { pasteTile, type ResizedPicture, tilesOf } from './upscale-tiling.ts';

const enlarged = (width: number, height: number, scale: number): ResizedPicture => ({
  ...{ width, height },
  ...{ outWidth: Math.round(width * scale), outHeight: Math.round(height * scale) },
});
const LARGE: [string, ResizedPicture][] = [
  ['8 megapixels at 2x', enlarged(3_840, 2_160, 2)],
  ['12 megapixels at 2x', enlarged(4_000, 3_000, 2)],
  ['1080p at 3x', enlarged(1_920, 1_080, 3)],
  ['odd sides at 4x', enlarged(2_041, 1_999, 4)],
  ['odd sides at 1.5x', enlarged(4_001, 3_001, 1.5)],
  ['the same size', enlarged(8_192, 8_192, 1)],
  ['a scale just above 1', enlarged(7_001, 5_003, 1.01)],
  [
    'a scale whose steps are longer than any overlap',
    { width: 6_001, height: 5_003, outWidth: 6_022, outHeight: 5_021 },
  ],
  ['a scale just below 4', { width: 2_003, height: 2_001, outWidth: 8_011, outHeight: 8_003 }],
  ['axes of different ratios', { width: 3_001, height: 1_201, outWidth: 7_333, outHeight: 4_801 }],
  ['a line', { width: 8_191, height: 1, outWidth: 32_764, outHeight: 4 }],
  ['a column', { width: 1, height: 4_000, outWidth: 4, outHeight: 16_000 }],
];

/** Position in the source, in its pixels, of the edge before a pixel of the result, as a span alone places it. */
const placeOf = ({ from, length, outFrom, outLength }: Span, out: number) =>
  from + ((out - outFrom) * length) / outLength;

function tiled(picture: ResizedPicture): PictureTile[] {
  const tiles = tilesOf(picture);
  if (!tiles) throw new Error('It stays whole.');
  return tiles;
}

describe('a picture in tiles', () => {
  test.each([enlarged(1_280, 720, 2), enlarged(640, 360, 4), enlarged(1, 1, 1)])('%o stays whole', (picture) => {
    expect(tilesOf(picture)).toBeNull();
  });

  test.each(LARGE)('covers %s once, with tiles that any machine takes', (_, picture) => {
    const tiles = tiled(picture);
    const covered = tiles.reduce(
      (sum, { across, down }) => sum + (across.validTo - across.validFrom) * (down.validTo - down.validFrom),
      0,
    );
    expect(covered).toBe(picture.outWidth * picture.outHeight);
    for (const { across, down } of tiles) {
      const shape = {
        width: across.length,
        height: down.length,
        outWidth: across.outLength,
        outHeight: down.outLength,
      };
      expect(upscale.params.safeParse({ ...shape, quality: 'quality' }).success).toBe(true);
      expect(Math.max(across.length, down.length) * 2).toBeLessThanOrEqual(IMAGE.maxImageSide);
    }
  });

  test.each(LARGE)(
    'reads what a network does beyond its own pixels, and places them as its neighbours do: %s',
    (_, picture) => {
      const tiles = tiled(picture);
      for (const [axis, length, outLength] of [
        ['across', picture.width, picture.outWidth],
        ['down', picture.height, picture.outHeight],
      ] as const) {
        const spans = [...new Map(tiles.map((tile) => [tile[axis].from, tile[axis]])).values()];
        for (const [n, span] of spans.entries()) {
          const cut = span.outFrom + span.validTo;
          const next = spans[n + 1];
          expect(placeOf(span, cut) - (cut * length) / outLength).toBeCloseTo(0, -0.3);
          if (!next) continue;
          expect(next.outFrom + next.validFrom).toBe(cut);
          expect(Math.abs(placeOf(span, cut) - placeOf(next, cut))).toBeLessThan(0.09);
          expect(span.from + span.length - placeOf(span, cut)).toBeGreaterThan(11.9);
          expect(placeOf(next, cut) - next.from).toBeGreaterThan(11.9);
        }
      }
    },
  );

  test('is put together from its own pixels where nothing is enlarged', () => {
    const picture = enlarged(8_200, 1, 1);
    const pixels = Uint8Array.from({ length: picture.width * picture.height * 4 }, (_, n) => n % 251);
    const whole = new Uint8Array(pixels.length);
    for (const tile of tiled(picture))
      pasteTile(whole, picture.outWidth, tile, cropSource(pixels, picture.width, tile));
    expect(Buffer.from(whole).equals(pixels)).toBe(true);
  });
});

// Protects: a volunteer or a GPU that is wrong in one place of its pictures is found out wherever that place is.
import { describe, expect, test } from 'vitest';
import { CHECKED_TILE, randomTile, type TiledShape } from './upscale-tile.ts';

const DRAWS = 4_000;

/** Share of the tiles in which each pixel of an axis of the result is compared, of both axes. */
function sharesOf(shape: TiledShape, alignment: number): [Float64Array, Float64Array] {
  const changes = [new Float64Array(shape.outWidth + 1), new Float64Array(shape.outHeight + 1)] as const;
  for (let draw = 0; draw < DRAWS; draw++) {
    const { across, down } = randomTile(shape, () => (draw + 0.5) / DRAWS, alignment);
    for (const [axis, { outFrom, validFrom, validTo }] of [across, down].entries()) {
      const own = changes[axis] ?? new Float64Array(0);
      own[outFrom + validFrom] = (own[outFrom + validFrom] ?? 0) + 1 / DRAWS;
      own[outFrom + validTo] = (own[outFrom + validTo] ?? 0) - 1 / DRAWS;
    }
  }
  const sums = changes.map((own) => {
    let open = 0;
    return own.subarray(0, -1).map((change) => {
      open += change;
      return open;
    });
  });
  return [sums[0] ?? new Float64Array(0), sums[1] ?? new Float64Array(0)];
}

const mean = (shares: Float64Array) => shares.reduce((sum, share) => sum + share, 0) / shares.length;

describe.each([
  [640, 360, 1_280, 720],
  [1_366, 768, 2_049, 1_152],
  // Two steps of 683.
  [1_366, 768, 2_048, 1_152],
  // Odd numbers of steps.
  [960, 540, 1_280, 720],
  [97, 61, 130, 100],
  [40, 33, 80, 66],
  [17, 5, 34, 10],
  [17, 5, 26, 8],
  [1, 1, 3, 3],
])('a picture of %ix%i becoming %ix%i', (width, height, outWidth, outHeight) => {
  const shape = { width, height, outWidth, outHeight, quality: 'quality' };

  test.each([1, 2])(
    'has each pixel compared at least a third as often as the average one, aligned to %i',
    (alignment) => {
      const [across, down] = sharesOf(shape, alignment);
      expect(Math.min(...across) * Math.min(...down)).toBeGreaterThanOrEqual((mean(across) * mean(down)) / 3);
    },
  );

  test('has tiles that are aligned, inside, and compare no pixel that a cut may have changed', () => {
    for (let draw = 0; draw < 100; draw++) {
      const { across, down } = randomTile(shape, () => draw / 99, 2);
      const isRight = [
        { ...across, whole: width, outWhole: outWidth },
        { ...down, whole: height, outWhole: outHeight },
      ].every(({ from, length, outFrom, outLength, validFrom, validTo, whole, outWhole }) => {
        const haloOut = (CHECKED_TILE.haloPx * outWhole) / whole;
        const isAligned = from % 2 === 0 && outFrom % 2 === 0 && from * outWhole === outFrom * whole;
        const isInside = from >= 0 && from + length <= whole && length * outWhole === outLength * whole;
        const isSafe =
          validFrom >= (from === 0 ? 0 : haloOut) &&
          outLength - validTo >= (from + length === whole ? 0 : haloOut) &&
          validFrom < validTo;
        return isAligned && isInside && isSafe;
      });
      expect({ draw, isRight }).toEqual({ draw, isRight: true });
    }
  });
});

test.each([
  ['quality', CHECKED_TILE.sidePx],
  ['ultra', CHECKED_TILE.ultraSidePx],
])('at a ratio of any steps each pixel is in so many tiles as there are windows over it: %s', (quality, sidePx) => {
  for (const [length, outLength] of [
    [640, 1_280],
    [1_920, 2_000],
    [1_280, 1_680],
    [1_000, 1_333],
  ] as const) {
    const shape = { width: length, height: length, outWidth: outLength, outHeight: outLength, quality };
    const [across] = sharesOf(shape, 1);
    expect(Math.min(...across)).toBeGreaterThan((0.9 * sidePx) / (length + sidePx));
  }
});

// Protects: wherever in a picture something is written, and into whichever of the pixels that a source pixel becomes, it is looked at now and then.
import { beforeEach, expect, test } from 'vitest';
import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { judgeDetail } from './detail-plausibility.ts';
import type { LumaPlane } from './luma-reader.ts';
import { EDGE_TILE, edgesOf, sampledRows } from './source-edges.ts';

let random: () => number;

beforeEach(() => {
  random = seededRandom(11);
});

/** A sky: as good as even. */
function sky({ width, height }: PictureSize): LumaPlane {
  const bytes = Uint8Array.from(
    { length: width * height },
    (_, at) => 150 + (20 * Math.floor(at / width)) / height + 2 * random(),
  );
  return { width, height, bytes, offset: 0, stride: width };
}

interface Letter extends PictureSize {
  strokePx: number;
  /** By position in the detail: distance from no detail. */
  code(x: number, y: number): number;
}

/** Share of the frames in which an H at a random place is noticed. Sizes in source pixels. */
function noticedShare(source: PictureSize, ratio: number, letter: Letter, trials: number): number {
  const luma = sky(source);
  const out = { width: source.width * ratio, height: source.height * ratio };
  const [width, height, strokePx] = [letter.width * ratio, letter.height * ratio, letter.strokePx * ratio];
  let noticed = 0;
  for (let trial = 0; trial < trials; trial++) {
    const left = Math.floor(random() * (out.width - width - 40)) + 20;
    const top = Math.floor(random() * (out.height - height - 40)) + 20;
    const codes = new Uint8Array(out.width * out.height).fill(NO_DETAIL_CODE);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (x >= strokePx && x < width - strokePx && Math.abs(y - height / 2) >= strokePx / 2) continue;
        codes[(top + y) * out.width + left + x] = NO_DETAIL_CODE + letter.code(left + x, top + y);
      }
    }
    const edges = edgesOf(luma, sampledRows(luma, random), 1);
    if (judgeDetail(edges, codes, { out, gain: 2, deadZoneCodes: 4 }, random).fault) noticed++;
  }
  return noticed / trials;
}

const SMALL = { width: 16, height: 20, strokePx: 4 };
const LARGE = { width: 48, height: 60, strokePx: 9 };
const pattern = (x: number, y: number) => (((x >> 1) + (y >> 1)) % 2 === 0 ? 36 : -36);

test.each([
  ['a small letter of a pattern', 1_280, 720, { ...SMALL, code: pattern }, 0.12],
  ['a large letter', 1_920, 1_080, { ...LARGE, code: () => 26 }, 0.2],
])('%s in a source of %ix%i is noticed often enough for a check', (_, width, height, letter, share) => {
  expect(noticedShare({ width, height }, 2, letter, 100)).toBeGreaterThan(share);
});

test.each([
  [3, 'the middle columns', (x: number) => (x % 3 === 1 ? 100 : 0)],
  [4, 'every other column', (x: number) => (x % 2 === 0 ? 70 : 0)],
  [4, 'one pixel of four', (x: number, y: number) => (x % 2 === 0 && y % 2 === 0 ? 100 : 0)],
])('at a ratio of %i, what is written into %s is noticed', (ratio, _, code) => {
  expect(noticedShare({ width: 160, height: 96 }, ratio, { ...LARGE, code }, 60)).toBeGreaterThan(0.3);
});

test.each([
  [2, 2],
  [160, 96],
  [640, 360],
  [1_280, 720],
  [2_560, 1_440],
])(
  'the rows of a picture of %ix%i are few, lie close together in each tile, and are others in each frame',
  (width, height) => {
    const seen = new Set<number>();
    for (let frame = 0; frame < 1_500; frame++) {
      const rows = sampledRows({ width, height }, random);
      expect(rows.length * width).toBeLessThanOrEqual(45_000);
      for (const [nth, row] of rows.entries()) {
        expect(row).toBeLessThan(height);
        const isSameTile = nth % EDGE_TILE.rows > 0;
        if (isSameTile) expect(row - (rows[nth - 1] ?? 0)).toBeLessThanOrEqual(8);
        seen.add(row);
      }
    }
    expect(seen.size).toBe(height);
  },
);

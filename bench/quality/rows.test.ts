import { expect, test } from 'vitest';
import type { Measured } from '../pages/quality.ts';
import { anime4kRows, gameRows, inputRows } from './rows.ts';

const OUR_PARAMETER_COUNTS = { fast: 1_684, balanced: 6_828, quality: 17_212, ultra: 69_100 };
const DB = {
  bicubic: 30,
  bilinear: 29,
  'catmull-rom': 29.9,
  lanczos3: 30.2,
  spatial: 30.1,
  sharpened: 29.5,
  fsr1: 30,
};

function measured(networksDb: Record<string, number>, more: Partial<Measured> = {}): Measured {
  const scores = Object.fromEntries(
    Object.entries({ ...DB, ...networksDb }).map(([method, psnrDb]) => [method, { psnrDb, ssim: psnrDb / 40 }]),
  );
  return { pictures: [{ game: 'a', scores }], kbps: null, ...more };
}

function goalMet(rows: { what: string; met: boolean | null }[], what: string): boolean | null | undefined {
  return rows.find((row) => row.what === what)?.met;
}

test('each network must reach its gain over bicubic', () => {
  const rows = inputRows(
    'box',
    'box',
    measured({ fast: 31.5, balanced: 31.7, quality: 32.5, ultra: 33 }),
    OUR_PARAMETER_COUNTS,
  );
  expect(goalMet(rows, 'box: fast over bicubic')).toBe(true);
  expect(goalMet(rows, 'box: balanced over bicubic')).toBe(false);
  expect(goalMet(rows, 'box: quality over bicubic')).toBe(true);
  expect(goalMet(rows, 'box: ultra over bicubic')).toBe(true);
  expect(goalMet(rows, 'box: lanczos3 over bicubic')).toBeNull();
});

test('on aliased pictures each network must be ahead of the better of bilinear and bicubic on every game', () => {
  const one = measured({ fast: 33, balanced: 30.2, quality: 30.3, ultra: 30.4 });
  const other = measured({ fast: 31.05, balanced: 31.2, quality: 31.3, ultra: 31.4, bilinear: 31 });
  const aliased = {
    ...one,
    pictures: [...one.pictures, ...other.pictures.map((picture) => ({ ...picture, game: 'b' }))],
  };
  const rows = inputRows('aliased', 'aliased', aliased, OUR_PARAMETER_COUNTS);
  expect(goalMet(rows, 'aliased: fast over bicubic')).toBeNull();
  expect(goalMet(rows, 'aliased: fast over the better of bilinear and bicubic')).toBe(false);
  expect(goalMet(rows, 'aliased: balanced over the better of bilinear and bicubic')).toBe(true);
});

test('after a codec each network must be ahead of the best filter', () => {
  const coded = measured({ fast: 30.1, balanced: 30.3, quality: 31, ultra: 31.4 }, { kbps: 2_000 });
  const rows = inputRows('coded', 'box', coded, OUR_PARAMETER_COUNTS);
  expect(goalMet(rows, 'coded: fast over the best filter')).toBe(false);
  expect(goalMet(rows, 'coded: balanced over the best filter')).toBe(true);
});

test('anime4k is compared with our largest network of no more parameters, on the pictures that both upscaled', () => {
  const anime4k = { CNNx2M: 31, CNNx2UL: 32 };
  const both = measured({ fast: 31.1, balanced: 31, quality: 31.9, ultra: 40, ...anime4k });
  const oursOnly = measured({ fast: 99, balanced: 99, quality: 99, ultra: 99 });
  const pictures = [...both.pictures, ...oursOnly.pictures];
  const rows = anime4kRows('box', { ...both, pictures }, OUR_PARAMETER_COUNTS);
  expect(goalMet(rows, 'box: fast over CNNx2M, PSNR')).toBe(true);
  expect(goalMet(rows, 'box: quality over CNNx2UL, PSNR')).toBe(false);
  expect(rows.map(({ what }) => what).join()).not.toContain('ultra over');
});

test('a network of ours that is larger than that of Anime4K does not count', () => {
  const rows = anime4kRows('box', measured({ fast: 40, CNNx2M: 31 }), { fast: 2_093 });
  expect(rows.filter(({ met }) => met)).toEqual([]);
});

test('on our own game every method has its gain, and its flicker where something stands still', () => {
  const own = measured({ fast: 31, taau: 33 });
  const flicker = { raw: { bicubic: 0, taau: 1.5 }, coded: { bicubic: null } };
  const rows = gameRows({ measured: own, flicker }, { fast: 1_684 });
  const value = (what: string) => rows.find((row) => row.what === what)?.value;
  expect(value('our game: taau over bicubic')).toBeCloseTo(3);
  expect(value('our game, raw: flicker of taau')).toBe(1.5);
  expect(value('our game, coded: flicker of bicubic')).toBeNull();
});

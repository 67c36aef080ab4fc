import { expect, test } from 'vitest';
import { bicubicRow, gainRow } from './rows.ts';

const scores = (psnrsDb: number[]) => psnrsDb.map((psnrDb, i) => ({ psnrDb, ssim: i === 0 ? 0.9 : null }));
const BICUBIC = { scores: scores([30, 34]), transmission: null };

test('a row reads as its gain over bicubic, with the worst frame and the bitrates beside it', () => {
  const transmission = { upKbps: 2_010, downKbps: 985, keyframeShare: 0.1, encodeMs: 12.3, missing: 1 };
  const row = gainRow('detail quality 2+1', { scores: scores([31.8, 34]), transmission }, BICUBIC, { atLeast: 0.8 });
  expect(row).toMatchObject({ what: 'detail quality 2+1', unit: 'dB', met: true });
  expect(row.value).toBeCloseTo(0.9);
  expect(row.figure).toBe(
    '+0.90 dB  (worst frame +0.00; SSIM 0.9000; 2010 up and 985 kb/s down, 10 % in keyframes; 12 ms to encode; 1 frames without)',
  );
});

test('a loss is shown as one', () => {
  expect(gainRow('browser stretch', { scores: scores([29, 33.5]), transmission: null }, BICUBIC).figure).toBe(
    '-0.75 dB  (worst frame -1.00; SSIM 0.9000)',
  );
});

test('bicubic has an absolute figure', () => {
  expect(bicubicRow(BICUBIC)).toMatchObject({ what: 'bicubic', value: 32, unit: 'dB' });
});

import { sum } from '../measuring.ts';
import type { Measured } from '../pages/glass.ts';
import { figure, type Row, type Target } from '../report.ts';

const mean = (values: readonly number[]) => sum(values) / values.length;
/** dB of luma, of all frames. */
const psnrsDb = ({ scores }: Measured) => scores.map(({ psnrDb }) => psnrDb);

/** Gains over bicubic of the same frames, dB, the mean of all and of the worst; and SSIM. */
export function summaryOf(measured: Measured, bicubic: Measured) {
  const before = psnrsDb(bicubic);
  const gains = psnrsDb(measured).map((psnrDb, i) => psnrDb - (before[i] ?? Number.NaN));
  const ssims = measured.scores.flatMap(({ ssim }) => (ssim === null ? [] : [ssim]));
  return { gainDb: mean(gains), worstDb: Math.min(...gains), ssim: mean(ssims) };
}

/** The figure that all others are compared with. */
export function bicubicRow(bicubic: Measured): Row {
  const note = `SSIM ${summaryOf(bicubic, bicubic).ssim.toFixed(4)}; mean of ${bicubic.scores.length} frames`;
  return figure('bicubic', mean(psnrsDb(bicubic)), 'dB', { note });
}

/** What a way of making the picture gains over bicubic. */
export function gainRow(what: string, measured: Measured, bicubic: Measured, target: Target = {}): Row {
  const { gainDb, worstDb, ssim } = summaryOf(measured, bicubic);
  const note = [`worst frame ${signed(worstDb)}`, `SSIM ${ssim.toFixed(4)}`, ...traffic(measured)].join('; ');
  const row = figure(what, gainDb, 'dB', { note, ...target });
  return { ...row, figure: `${signed(gainDb)} dB  (${note})` };
}

/** Least that the worst frame may gain: no frame may look worse than without any help. */
const LEAST_WORST_DB = -0.05;

/** What the worst frame gains over bicubic. */
export function worstRow(what: string, measured: Measured, bicubic: Measured): Row {
  const { worstDb } = summaryOf(measured, bicubic);
  const { transmission, scores } = measured;
  const note = transmission ? `  (${transmission.missing} of ${scores.length} frames without detail)` : '';
  const row = figure(`worst frame, ${what}`, worstDb, 'dB', { atLeast: LEAST_WORST_DB });
  return { ...row, figure: `${signed(worstDb)} dB${note}` };
}

function traffic({ transmission }: Measured): string[] {
  if (!transmission) return [];
  const { upKbps, downKbps, keyframeShare, encodeMs, missing } = transmission;
  return [
    `${upKbps.toFixed(0)} up and ${downKbps.toFixed(0)} kb/s down, ${(100 * keyframeShare).toFixed(0)} % in keyframes`,
    `${encodeMs.toFixed(0)} ms to encode`,
    ...(missing > 0 ? [`${missing} frames without`] : []),
  ];
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(2)}`;
}

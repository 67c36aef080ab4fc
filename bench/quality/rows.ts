import type { Similarity } from '../../web/compare/similarity.ts';
import type { GameMeasured, Measured } from '../pages/quality.ts';
import { figure, type Row, text } from '../report.ts';
import { ANIME4K_PARAMETERS } from './anime4k.ts';
import type { Input } from './examples.ts';

/** What our networks are to gain over bicubic without a codec, dB, where pixels are averages... */
const BOX_GAIN_DB: Record<string, number> = { fast: 1.5, balanced: 2, quality: 2.4, ultra: 2.9 };
/** ...and over the better of bilinear and bicubic where they are single samples. */
const ALIASED_GAIN_DB = 0.1;
/** `sharpened` is bilinear and then FSR 1's sharpening. */
const FILTERS = ['bilinear', 'catmull-rom', 'lanczos3', 'spatial', 'sharpened', 'fsr1'];

/** Number of parameters by network. */
type ParameterCounts = Readonly<Record<string, number>>;

/** Every method beside bicubic on one kind of input, and our networks beside what that input is special for. */
export function inputRows(title: string, input: Input, measured: Measured, parameters: ParameterCounts): Row[] {
  const { pictures, kbps } = measured;
  const mean = meansOf(pictures);
  const bicubic = mean('bicubic');
  const networks = Object.keys(parameters);
  const count = `${pictures.length} pictures${kbps === null ? '' : `, ${(kbps / 1_000).toFixed(1)} Mb/s spent`}`;
  const gain = (method: string) => {
    const atLeast = kbps === null && input === 'box' ? BOX_GAIN_DB[method] : undefined;
    return figure(`${title}: ${method} over bicubic`, mean(method).psnrDb - bicubic.psnrDb, 'dB', {
      note: notes(mean(method), parameters[method]),
      ...(atLeast !== undefined && { atLeast }),
    });
  };
  return [
    figure(`${title}: bicubic, luma PSNR`, bicubic.psnrDb, 'dB', { note: `${notes(bicubic)}; ${count}` }),
    ...[...FILTERS, ...networks].map(gain),
    ...(input === 'aliased' && kbps === null ? aliasedRows(title, pictures, networks) : []),
    ...(kbps === null ? [] : codedRows(title, mean, networks)),
  ];
}

type MeanScore = (method: string) => Similarity;

/** Which of the two is better depends on the game, and whoever renders it cannot know. The game on which a network does worst counts. */
function aliasedRows(title: string, pictures: Measured['pictures'], networks: readonly string[]): Row[] {
  const means = [...new Set(pictures.map(({ game }) => game))].map((game) => {
    return { game, mean: meansOf(pictures.filter((picture) => picture.game === game)) };
  });
  return networks.map((name) => {
    const leads = means.map(({ game, mean }) => {
      const better = Math.max(mean('bilinear').psnrDb, mean('bicubic').psnrDb);
      return { game, leadDb: mean(name).psnrDb - better };
    });
    return figure(
      `${title}: ${name} over the better of bilinear and bicubic`,
      Math.min(...leads.map(({ leadDb }) => leadDb)),
      'dB',
      { atLeast: ALIASED_GAIN_DB, note: leads.map(({ game, leadDb }) => `${game} ${leadDb.toFixed(2)}`).join(', ') },
    );
  });
}

function codedRows(title: string, mean: MeanScore, networks: readonly string[]): Row[] {
  const filters = ['bicubic', 'lanczos3', 'spatial', 'fsr1'];
  const best = filters.reduce((a, b) => (mean(a).psnrDb >= mean(b).psnrDb ? a : b));
  return networks.map((name) =>
    figure(`${title}: ${name} over the best filter`, mean(name).psnrDb - mean(best).psnrDb, 'dB', {
      above: 0,
      note: best,
    }),
  );
}

/** anime4k-webgpu's networks beside bicubic, and the largest of ours that has no more parameters beside each, on the same pictures. */
export function anime4kRows(title: string, { pictures }: Measured, parameters: ParameterCounts): Row[] {
  const theirs = anime4kIn(pictures);
  if (theirs.length === 0) return [text(`${title}: anime4k`, 'not measured: there is no WebGPU here')];
  const shared = pictures.filter(({ scores }) => theirs.every(([name]) => name in scores));
  const mean = meansOf(shared);
  return theirs.flatMap(([name, count]) => {
    const ours = largestUpTo(count, parameters);
    const [our, their] = [mean(ours), mean(name)];
    return [
      figure(`${title}: ${name} over bicubic`, their.psnrDb - mean('bicubic').psnrDb, 'dB', {
        note: `${notes(their, count)}; ${shared.length} pictures`,
      }),
      figure(`${title}: ${ours} over ${name}, PSNR`, our.psnrDb - their.psnrDb, 'dB', { above: 0 }),
      figure(`${title}: ${ours} over ${name}, SSIM`, 1_000 * (our.ssim - their.ssim), 'thousandths', { above: 0 }),
    ];
  });
}

/** Our own game, where a temporal upscale has the true motion; flicker is the variance over time of what stands still. */
export function gameRows({ measured, flicker }: GameMeasured, parameters: ParameterCounts): Row[] {
  const mean = meansOf(measured.pictures);
  const methods = [
    ...FILTERS,
    'taau',
    ...anime4kIn(measured.pictures).map(([name]) => name),
    ...Object.keys(parameters),
  ];
  const gains = methods.map((method) => {
    const gainDb = mean(method).psnrDb - mean('bicubic').psnrDb;
    return figure(`our game: ${method} over bicubic`, gainDb, 'dB', { note: notes(mean(method)) });
  });
  const variances = Object.entries(flicker).flatMap(([kind, byMethod]) =>
    Object.entries(byMethod).map(([method, variance]) =>
      figure(`our game, ${kind}: flicker of ${method}`, variance ?? Number.NaN, 'steps²'),
    ),
  );
  return [...gains, ...variances];
}

/** The networks of anime4k-webgpu, with their numbers of parameters, that enlarged any of the pictures: none without WebGPU. */
function anime4kIn(pictures: Measured['pictures']) {
  return Object.entries(ANIME4K_PARAMETERS).filter(([name]) => pictures.some(({ scores }) => name in scores));
}

function largestUpTo(limit: number, parameters: ParameterCounts): string {
  const fitting = Object.entries(parameters).filter(([, count]) => count <= limit);
  return fitting.sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'none of ours';
}

/** The mean of a method's scores; NaN if it was not given all pictures. */
function meansOf(pictures: Measured['pictures']): MeanScore {
  return (method) => {
    const of = (key: keyof Similarity) =>
      pictures.reduce((total, { scores }) => total + (scores[method]?.[key] ?? Number.NaN), 0) / pictures.length;
    return { psnrDb: of('psnrDb'), ssim: of('ssim') };
  };
}

function notes({ ssim }: Similarity, parameters?: number): string {
  return `SSIM ${ssim.toFixed(4)}${parameters === undefined ? '' : `; ${parameters.toLocaleString('en')} parameters`}`;
}

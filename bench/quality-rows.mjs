import { figure, said } from './rows.mjs';

/** @typedef {import('./quality/page.ts').Measured} Measured */
/** @typedef {import('./quality/scoring.worker.ts').Score} Score */

/** By input and network, dB over bicubic. @type {Record<string, Record<string, number>>} */
const MUST_GAIN_DB = {
  box: { fast: 1.4, balanced: 1.8, quality: 2.3 },
  aliased: { fast: 1.2, balanced: 1.5, quality: 1.9 },
};
const FILTERS = ['bilinear', 'catmull-rom', 'lanczos3', 'spatial'];

/**
 * Every method over bicubic on one kind of input, and our networks over whatever a coded input asks for.
 * @param {string} title
 * @param {import('./quality/page.ts').Input} input
 * @param {Measured} measured
 * @param {Readonly<Record<string, number>>} parameters of our networks
 */
export function inputRows(title, input, { pictures, kbps }, parameters) {
  const mean = meansOf(pictures);
  const base = mean('bicubic');
  const count = `${pictures.length} pictures${kbps === null ? '' : `, ${(kbps / 1_000).toFixed(1)} Mb/s spent`}`;
  const rows = [figure(`${title}: bicubic, luma PSNR`, base.psnrDb, 'dB', { note: `${ssimWords(base)}; ${count}` })];
  const gain = (/** @type {string} */ method, /** @type {Score} */ over, mark = {}) =>
    figure(`${title}: ${method} over bicubic`, mean(method).psnrDb - over.psnrDb, 'dB', {
      note: [ssimWords(mean(method)), parametersWords(parameters[method])].filter(Boolean).join('; '),
      ...mark,
    });
  for (const filter of FILTERS) rows.push(gain(filter, base));
  for (const network of Object.keys(parameters)) {
    const atLeast = MUST_GAIN_DB[input]?.[network];
    rows.push(gain(network, base, atLeast === undefined ? {} : { atLeast }));
  }
  if (input === 'aliased') rows.push(...knowingRows(title, mean, Object.keys(parameters)));
  if (kbps !== null) rows.push(...codedRows(title, mean, Object.keys(parameters)));
  return rows;
}

/**
 * Against a bicubic that knows what the frames' renderer does not tell: where in each pixel the sample was taken.
 * @param {string} title
 * @param {(method: string) => Score} mean
 * @param {readonly string[]} networks
 */
function knowingRows(title, mean, networks) {
  const knowing = mean('bicubic-from-samples');
  const what = 'bicubic that knows of the eighth of a pixel';
  return [
    figure(`${title}: ${what}, over bicubic`, knowing.psnrDb - mean('bicubic').psnrDb, 'dB', {
      note: ssimWords(knowing),
    }),
    ...networks.map((network) =>
      figure(`${title}: ${network} over ${what}`, mean(network).psnrDb - knowing.psnrDb, 'dB'),
    ),
  ];
}

/**
 * @param {string} title
 * @param {(method: string) => Score} mean
 * @param {readonly string[]} networks
 */
function codedRows(title, mean, networks) {
  const rivals = ['bicubic', 'lanczos3', 'spatial'];
  const best = rivals.reduce((a, b) => (mean(a).psnrDb >= mean(b).psnrDb ? a : b));
  return networks.map((network) =>
    figure(`${title}: ${network} over the best filter`, mean(network).psnrDb - mean(best).psnrDb, 'dB', {
      above: 0,
      note: best,
    }),
  );
}

/**
 * anime4k-webgpu's networks over bicubic, and ours over them, on the pictures that theirs were given.
 * @param {string} title
 * @param {Measured} measured
 * @param {Readonly<Record<string, number>>} parameters of our networks
 */
export function anime4kRows(title, { pictures, anime4kParameters }, parameters) {
  const theirs = Object.keys(anime4kParameters);
  if (theirs.length === 0) return [said(`${title}: anime4k`, 'not measured: there is no WebGPU here')];
  const shared = pictures.filter(({ scores }) => theirs.every((method) => method in scores));
  const mean = meansOf(shared);
  return theirs.flatMap((method) => {
    const most = anime4kParameters[method] ?? 0;
    const ours = largestUpTo(most, parameters);
    const [our, their] = [mean(ours), mean(method)];
    return [
      figure(`${title}: ${method} over bicubic`, their.psnrDb - mean('bicubic').psnrDb, 'dB', {
        note: `${ssimWords(their)}; ${parametersWords(most)}; ${shared.length} pictures`,
      }),
      figure(`${title}: ${ours} over ${method}, PSNR`, our.psnrDb - their.psnrDb, 'dB', {
        above: 0,
        note: 'the same pictures',
      }),
      figure(`${title}: ${ours} over ${method}, SSIM`, 1_000 * (our.ssim - their.ssim), 'thousandths', { above: 0 }),
    ];
  });
}

/**
 * The network that theirs is measured against: ours may have no more parameters.
 * @param {number} most
 * @param {Readonly<Record<string, number>>} parameters
 */
function largestUpTo(most, parameters) {
  const fitting = Object.entries(parameters).filter(([, count]) => count <= most);
  return fitting.sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'none of ours';
}

/** @param {Measured['pictures']} pictures @returns {(method: string) => Score} NaN where a method was given none */
function meansOf(pictures) {
  return (method) => {
    const of = (/** @type {keyof Score} */ key) =>
      pictures.reduce((sum, { scores }) => sum + (scores[method]?.[key] ?? Number.NaN), 0) / pictures.length;
    return { psnrDb: of('psnrDb'), ssim: of('ssim') };
  };
}

/** @param {Score} score */
function ssimWords({ ssim }) {
  return `SSIM ${ssim.toFixed(4)}`;
}

/** @param {number | undefined} count */
function parametersWords(count) {
  return count === undefined ? '' : `${count.toLocaleString('en')} parameters`;
}

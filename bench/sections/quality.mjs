import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../deploy/child.mjs';
import { hasCode } from '../../deploy/failure.mjs';
import { anime4kRows, inputRows } from '../quality-rows.mjs';
import { said } from '../rows.mjs';
import { call, openPage } from '../stage.mjs';

/** @typedef {import('../quality/page.ts').Measured} Measured */

/** Games that no network was trained on. */
const GAMES = ['supertuxkart', 'neverball'];
const CLIP = { url: '/bench/frames/supertuxkart/clip.mp4', frames: 90, fps: 20, every: 5 };
const RATES_KBPS = [2_000, 6_000];

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'quality',
  about:
    'pictures beside their truth on games left out of training: our networks, the usual filters and anime4k-webgpu',
  onlyWhenNamed: true,
  async run(context) {
    const stills = await findStills(context.framesDir);
    if (stills.length === 0) {
      return [said('skipped', `no frames of ${GAMES.join(' and ')} in ${context.framesDir}; say --frames DIR`)];
    }
    const { parameters, networkUrls } = await readModels();
    const server = await context.startServer({}, [], ['bench/quality/page.ts']);
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    const page = await openPage(pages, server.url);
    await page.route('**/bench/frames/**', (route) => {
      const path = new URL(route.request().url()).pathname.replace('/bench/frames/', '');
      return route.fulfill({ path: join(context.framesDir, path) });
    });
    const rows = [];
    const endMs = performance.now() + 60_000 * context.minutes;
    for (const { title, input, kbps = 0, anime4kEvery } of inputs()) {
      // Begun late, one would be ended in the middle, and the rows of all with it.
      if (performance.now() > endMs) {
        rows.push(said(title, `not measured within ${context.minutes} minutes; say --minutes N`));
        continue;
      }
      /** @type {Measured} */
      const measured = await call(page, 'quality.js#measure', {
        ...{ input, kbps, stills, networkUrls, anime4kEvery },
        clip: CLIP,
      });
      const ours = inputRows(title, input, measured, parameters);
      const besideTheirs = anime4kRows(title, measured, parameters);
      for (const { what, figure } of [...ours, ...besideTheirs]) context.say(`${what.padEnd(64)} ${figure}`);
      rows.push(...ours, ...besideTheirs);
    }
    return rows;
  },
};

/** @returns {{ title: string, input: import('../quality/page.ts').Input, kbps?: number, anime4kEvery: number }[]} */
function inputs() {
  return [
    { title: 'box', input: 'box', anime4kEvery: 3 },
    { title: 'aliased', input: 'aliased', anime4kEvery: 3 },
    ...RATES_KBPS.flatMap((kbps) => [
      { title: `box, H.264 ${kbps / 1_000} Mb/s`, input: /** @type {const} */ ('clip'), kbps, anime4kEvery: 5 },
      { title: `aliased, H.264 ${kbps / 1_000} Mb/s`, input: /** @type {const} */ ('panned'), kbps, anime4kEvery: 6 },
    ]),
  ];
}

/** @param {string} folder */
async function findStills(folder) {
  const stills = [];
  for (const game of GAMES) {
    const files = await readdir(join(folder, game, 'truth')).catch((cause) => {
      if (hasCode(cause, 'ENOENT')) return [];
      throw cause;
    });
    for (const file of files.filter((name) => name.endsWith('.png')).sort()) {
      const url = (/** @type {string} */ kind) => `/bench/frames/${game}/${kind}/${file}`;
      stills.push({ name: `${game}/${file}`, truth: url('truth'), aliased: url('aliased') });
    }
  }
  return stills;
}

/** What the bench must know of our networks, by name. */
async function readModels() {
  /** @type {import('../../web/compute/models/manifest.ts').Manifest} */
  const manifest = JSON.parse(await readFile(join(ROOT, 'web/public/models/manifest.json'), 'utf8'));
  const models = manifest.models.filter(({ task }) => task === 'upscale');
  return {
    // Of one model: a picture goes through one of those that its network has.
    parameters: Object.fromEntries(models.map(({ name, parameters }) => [name.split('-')[0], parameters])),
    networkUrls: Object.fromEntries(models.map(({ name, files }) => [name, `/models/${files.onnx.path}`])),
  };
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../deploy/child.mjs';
import { hasCode } from '../../deploy/failure.mjs';
import type { Manifest } from '../../web/compute/models/manifest.ts';
import type { Section } from '../context.ts';
import type * as QualityPage from '../pages/quality.ts';
import { anime4kRows, gameRows, inputRows } from '../quality/rows.ts';
import { type Row, text } from '../report.ts';

/** Games on which no network was trained. */
const GAMES = ['supertuxkart', 'neverball'];
const FRAMES = '/bench/frames/';
const INPUTS = [null, 2_000, 6_000].flatMap((kbps) =>
  (['box', 'aliased'] as const).map((input) => ({
    input,
    kbps,
    anime4kEvery: kbps === null ? 3 : 6,
    title: kbps === null ? input : `${input}, H.264 ${kbps / 1_000} Mb/s`,
  })),
);

export const quality: Section = {
  name: 'quality',
  about:
    'pictures beside the truth on games left out of training: our networks, the usual filters, FSR 1, a temporal upscale and anime4k-webgpu',
  onlyWhenNamed: true,
  async run(context) {
    const parameters = await readParameters();
    const site = await context.openSite({ modules: ['quality'] });
    const scorer = await site.page<typeof QualityPage>('quality');
    await scorer.page.route(`**${FRAMES}**`, (route) => {
      const path = new URL(route.request().url()).pathname.replace(FRAMES, '');
      return route.fulfill({ path: join(context.settings.framesDir, path) });
    });
    const rows: Row[] = gameRows(await scorer.call('measureGame'), parameters);
    for (const { what, figure } of rows) console.log(`${what.padEnd(64)} ${figure}`);
    const stills = await findStills(context.settings.framesDir);
    if (stills.length === 0) {
      const why = `no frames of ${GAMES.join(' and ')} in ${context.settings.framesDir}; use --frames DIR`;
      return [...rows, text('other games', why)];
    }
    const endMs = performance.now() + 60_000 * context.settings.minutes;
    for (const { title, ...input } of INPUTS) {
      // An input that is begun late would run into the section's timeout, and all rows would be lost.
      if (performance.now() > endMs) {
        rows.push(text(title, `not measured within ${context.settings.minutes} minutes; use --minutes N`));
        continue;
      }
      const measured = await scorer.call('measure', { ...input, stills });
      const measuredRows = [
        ...inputRows(title, input.input, measured, parameters),
        ...anime4kRows(title, measured, parameters),
      ];
      for (const { what, figure } of measuredRows) console.log(`${what.padEnd(64)} ${figure}`);
      rows.push(...measuredRows);
    }
    return rows;
  },
};

async function findStills(folder: string) {
  const stills = [];
  for (const game of GAMES) {
    const files = await readdir(join(folder, game, 'truth')).catch((cause) => {
      if (hasCode(cause, 'ENOENT')) return [];
      throw cause;
    });
    for (const file of files.filter((name) => name.endsWith('.png')).sort()) {
      const url = (kind: string) => `${FRAMES}${game}/${kind}/${file}`;
      stills.push({ name: `${game}/${file}`, truth: url('truth'), aliased: url('aliased') });
    }
  }
  return stills;
}

/** The number of parameters of our networks by name. */
async function readParameters(): Promise<Record<string, number>> {
  const manifest: Manifest = JSON.parse(await readFile(join(ROOT, 'web/public/models/manifest.json'), 'utf8'));
  const models = manifest.models.filter(({ task }) => task === 'upscale');
  return Object.fromEntries(models.map(({ name, parameters }) => [name, parameters]));
}

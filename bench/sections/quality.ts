import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../deploy/child.mjs';
import { hasCode } from '../../deploy/failure.mjs';
import type { Manifest } from '../../web/compute/models/manifest.ts';
import type { Section } from '../context.ts';
import type * as QualityPage from '../pages/quality.ts';
import type { Still } from '../quality/examples.ts';
import { anime4kRows, gameRows, inputRows } from '../quality/rows.ts';
import { printed, text } from '../report.ts';

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
    'pictures of our game, and of the games in --frames, beside the truth: our networks, the usual filters, FSR 1, a temporal upscale, anime4k-webgpu',
  onlyWhenNamed: true,
  async run(context) {
    const parameters = await readParameters();
    const site = await context.openSite({ modules: ['quality'] });
    const scorer = await site.page<typeof QualityPage>('quality');
    await scorer.page.route(`**${FRAMES}**`, (route) => {
      const path = new URL(route.request().url()).pathname.replace(FRAMES, '');
      return route.fulfill({ path: join(context.settings.framesDir, path) });
    });
    const rows = [...printed(gameRows(await scorer.call('measureGame'), parameters))];
    const stills = await findStills(context.settings.framesDir);
    if (stills.length === 0) {
      const why = `no pictures GAME/truth/*.png in ${context.settings.framesDir}; use --frames DIR`;
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
      const found = [
        ...inputRows(title, input.input, measured, parameters),
        ...anime4kRows(title, measured, parameters),
      ];
      rows.push(...printed(found));
    }
    return rows;
  },
};

/** The pictures of all games in a folder: `GAME/truth/*.png`, and `GAME/aliased/` with pictures of the same names and half their size. */
async function findStills(folder: string): Promise<Still[]> {
  const games = (await readdirIfThere(folder)).sort();
  const perGame = games.map(async (game) => {
    const [truths, aliased] = await Promise.all(
      ['truth', 'aliased'].map((kind) => readdirIfThere(join(folder, game, kind))),
    );
    return (truths ?? [])
      .filter((file) => file.endsWith('.png') && aliased?.includes(file))
      .sort()
      .map((file) => {
        const url = (kind: string) => `${FRAMES}${game}/${kind}/${file}`;
        return { game, name: `${game}/${file}`, truth: url('truth'), aliased: url('aliased') };
      });
  });
  return (await Promise.all(perGame)).flat();
}

async function readdirIfThere(folder: string): Promise<string[]> {
  return readdir(folder).catch((cause) => {
    if (hasCode(cause, 'ENOENT') || hasCode(cause, 'ENOTDIR')) return [];
    throw cause;
  });
}

/** The number of parameters of our networks by name. */
async function readParameters(): Promise<Record<string, number>> {
  const manifest: Manifest = JSON.parse(await readFile(join(ROOT, 'web/public/models/manifest.json'), 'utf8'));
  const models = manifest.models.filter(({ task }) => task === 'upscale');
  return Object.fromEntries(models.map(({ name, parameters }) => [name, parameters]));
}

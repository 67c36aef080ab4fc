import { figure, said } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const BACKENDS = /** @type {const} */ (['js', 'wgsl']);
/** Volunteers of one speed; and three with one that is as fast as they are together. */
const POOLS = [[1], [1, 1], [1, 1, 1, 1], [3, 1, 1, 1]];
const COUNTS = [1, 2, 4];
const LEARNING = 2;
const ROUNDS = 3;

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'types',
  about:
    'raytracing, pathfinding and physics by backend; one task, or many rows of infer, over 1, 2 and 4 volunteers: under a virtual clock and in real pages',
  async run(context) {
    return [...(await byBackend(context)), ...(await underVirtualClock(context)), ...(await inPages(context))];
  },
};

/** What runs models is compared in the section `infer`. @param {import('../context.mjs').BenchContext} context */
async function byBackend(context) {
  const server = await context.startServer({}, [], ['bench/types/page.ts']);
  const browser = await context.launchBrowser();
  const rows = [];
  /** By task, on the processor, ms. @type {Map<string, number>} */
  const onProcessor = new Map();
  for (const wanted of BACKENDS) {
    const page = await openPage(await browser.newContext(), server.url);
    /** @type {Awaited<ReturnType<typeof import('../types/page.ts').measureTypes>>} */
    const { adapter, rates } = await call(page, 'types.js#measureTypes', wanted);
    if (wanted === 'wgsl') rows.push(said('wgsl runs on', adapter));
    for (const { what, backend, tookMs, unitsPerMs } of rates) {
      if (wanted === 'js') onProcessor.set(what, tookMs);
      const beside = (onProcessor.get(what) ?? Number.NaN) / tookMs;
      if (backend !== wanted) rows.push(said(`${wanted}: ${what}`, `left to ${backend}`));
      else {
        const compared = wanted === 'js' ? '' : `, ${beside.toFixed(2)} x as fast as js`;
        rows.push(
          figure(`${wanted}: ${what}`, 1_000 / tookMs, '/s', {
            note: `${tookMs.toFixed(0)} ms, ${Math.round(unitsPerMs)} units/ms${compared}`,
          }),
        );
      }
    }
    await page.close();
  }
  return rows;
}

/** @param {import('../context.mjs').BenchContext} context */
async function underVirtualClock(context) {
  /** @type {typeof import('../types/scaling.ts')} */
  const { SPLIT_TYPES, scaled } = await context.load('bench/types/scaling.ts');
  const rows = [];
  for (const type of SPLIT_TYPES) {
    for (const speeds of POOLS) {
      const { tookMs, idealMs, busiest } = await scaled(type, speeds);
      rows.push(
        figure(
          `${type}, one task over volunteers of speed ${speeds.join(', ')}: part of the ideal`,
          idealMs / tookMs,
          '',
          {
            note: `virtual clock: ${tookMs.toFixed(0)} ms, ideal ${idealMs.toFixed(0)}; the busiest computes ${busiest.toFixed(2)} of its share`,
          },
        ),
      );
    }
  }
  return rows;
}

/** All of them share this machine's cores, with the gamer's page. @param {import('../context.mjs').BenchContext} context */
async function inPages(context) {
  const server = await context.startServer();
  const browser = await context.launchBrowser();
  const rows = [];
  /** @type {Record<string, number>} */
  let alone = {};
  for (const volunteers of COUNTS) {
    const room = `types ${volunteers}`;
    const pages = await browser.newContext();
    for (let nth = 0; nth < volunteers; nth++) {
      await openVolunteer(pages, server.url, { room, backend: 'js', name: `volunteer ${nth}` });
    }
    const gamer = await openPage(pages, server.url);
    const options = { room, volunteers, learning: LEARNING, rounds: ROUNDS };
    /** @type {Awaited<ReturnType<typeof import('../pages/types.mjs').measureTogether>>} */
    const tookMs = await call(gamer, 'types.mjs#measureTogether', options);
    if (volunteers === 1) alone = tookMs;
    for (const [type, ms] of Object.entries(tookMs)) {
      rows.push(
        figure(`${type} in ${volunteers} real pages: as fast as in one`, (alone[type] ?? Number.NaN) / ms, 'x', {
          note: `${ms.toFixed(0)} ms; the volunteers and the gamer share this machine's cores`,
        }),
      );
    }
    await pages.close();
  }
  return rows;
}

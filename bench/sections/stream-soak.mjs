import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../processes.mjs';
import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'stream soak';
const LIVE = /** @type {const} */ ({ width: 160, height: 90, fps: 15, room: ROOM, picture: 'detail' });
const SAMPLES = 60;
/** Parts of the run that are compared: of ten minutes the sixth and the last. A browser's heaps grow for some four to what the work needs. */
const EARLY = { from: 0.5, to: 0.6 };
const LATE = { from: 0.9, to: 1 };
/** Collections of garbage leave a different rest each time. */
const NO_GROWTH = 1.02;
/** A page's memory is told with the next collection of garbage, which would else come when it likes. */
const FLAGS = ['--enable-blink-features=ForceEagerMeasureMemory'];
const MIB = 2 ** 20;

/** @typedef {Record<string, number>} Sample figures by name */

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'stream-soak',
  about: 'one stream for --minutes (10): memory, VideoFrames and GPU buffers that are held, early and late',
  onlyWhenNamed: true,
  async run(context) {
    const server = await context.startServer();
    const browser = await context.launchBrowser(FLAGS);
    const session = await browser.newBrowserCDPSession();
    const pages = await browser.newContext();
    /** @type {import('playwright').Worker[]} */
    const workers = [];
    pages.on('page', (page) =>
      page.on('worker', async (worker) => {
        await worker.evaluate(() => import(/** @type {string} */ ('/bench/ledger.mjs')));
        workers.push(worker);
      }),
    );
    // Where there is WebGPU, even of software: its buffers are what is counted.
    const { page: volunteer } = await openVolunteer(pages, server.url, { room: ROOM, backend: 'wgsl' });
    const gamer = await openPage(pages, server.url);
    await call(gamer, 'live.mjs#open', LIVE);
    await call(gamer, 'live.mjs#settled', ROOM);
    /** @type {Sample[]} */
    const samples = [];
    const startedMs = performance.now();
    const durationMs = 60_000 * context.minutes;
    for (let index = 1; index <= SAMPLES; index++) {
      await sleep(Math.max(0, startedMs + (index * durationMs) / SAMPLES - performance.now()));
      const taken = await sampleOf({ gamer, volunteer }, workers, session);
      samples.push(taken);
      if (index % (SAMPLES / 10) === 0) context.say(`${(100 * index) / SAMPLES} %: ${JSON.stringify(taken)}`);
    }
    /** @type {Awaited<ReturnType<typeof import('../pages/soak.mjs').unaccounted>>} */
    const counts = await call(gamer, 'soak.mjs#unaccounted', ROOM);
    const missing = counts.framesCaptured - counts.framesPresented - counts.dropped;
    return [
      ...namesOf(samples).map((name) => growth(name, samples)),
      figure('frames neither shown nor dropped, or both', Math.abs(missing), '', {
        atMost: 0,
        note: `${counts.framesCaptured} less ${counts.framesPresented} and ${counts.dropped}; ${counts.shownFromHere} shown from here`,
      }),
    ];
  },
};

/**
 * @param {Record<string, import('playwright').Page>} pages
 * @param {readonly import('playwright').Worker[]} workers
 * @param {import('playwright').CDPSession} session
 * @returns {Promise<Sample>}
 */
async function sampleOf(pages, workers, session) {
  /** @type {Sample} */
  const sample = {};
  for (const [name, page] of Object.entries(pages)) {
    sample[`memory of the ${name}'s page, MiB`] =
      /** @type {number} */ (await call(page, 'soak.mjs#memoryBytes', null)) / MIB;
  }
  for (const [type, bytes] of Object.entries(await residentBytes(session))) {
    sample[`resident, ${type}, MiB`] = bytes / MIB;
  }
  for (const worker of workers) {
    /** @type {ReturnType<typeof import('../pages/ledger.mjs').held>} */
    const held = await worker.evaluate(async () => (await import(/** @type {string} */ ('/bench/ledger.mjs'))).held());
    for (const [what, count] of Object.entries(held)) {
      const name = `${what === 'frames' ? 'open VideoFrames' : `GPU ${what}`}, all workers`;
      sample[name] = (sample[name] ?? 0) + count;
    }
  }
  return sample;
}

/** What was there all the time: a browser starts and ends processes of its own as well. @param {readonly Sample[]} samples */
function namesOf(samples) {
  return Object.keys(samples[0] ?? {}).filter((name) => samples.every((sample) => name in sample));
}

/**
 * Compares the least of each part: what leaks is never given back, what is only in use is.
 * @param {string} name
 * @param {readonly Sample[]} samples
 */
function growth(name, samples) {
  const least = (/** @type {{ from: number, to: number }} */ { from, to }) =>
    Math.min(
      ...samples
        .slice(Math.floor(from * samples.length), Math.ceil(to * samples.length))
        .map((sample) => sample[name] ?? Number.NaN),
    );
  const [early, late] = [least(EARLY), least(LATE)];
  const note = `${early.toFixed(1)} and ${late.toFixed(1)}`;
  // Memory is a matter of parts, things that are held are counted.
  if (name.endsWith('MiB')) return figure(`${name}: late / early`, late / early, 'x', { atMost: NO_GROWTH, note });
  return figure(`${name}: late less early`, late - early, '', { atMost: 0, note });
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession, Page, Worker } from 'playwright';
import type { Section } from '../context.ts';
import type * as StreamPage from '../pages/stream.ts';
import { residentBytesByType } from '../processes.ts';
import { figure, type Row } from '../report.ts';

const ROOM = 'stream soak';
const SAMPLES = 60;
/** Parts of the run that are compared: the sixth and the tenth of ten minutes. A browser's heaps grow for about four minutes to the size they need. */
const EARLY = { from: 0.5, to: 0.6 };
const LATE = { from: 0.9, to: 1 };
/** Garbage collections leave a little more or less each time. */
const NO_GROWTH = 1.02;
/** By then every frame on its way has arrived or has been given up, and the statistics say so. */
const DRAIN_MS = 3_000;
/** Makes a page's memory known after a garbage collection at once, instead of whenever the next one happens. */
const FLAGS = ['--enable-blink-features=ForceEagerMeasureMemory'];
const MIB = 2 ** 20;

/** Figures by name. */
type Sample = Record<string, number>;

export const streamSoak: Section = {
  name: 'stream-soak',
  about: 'one stream for --minutes (10): memory, VideoFrames and GPU buffers that are held, early and late',
  onlyWhenNamed: true,
  async run(context) {
    const site = await context.openSite({ modules: ['stream', 'ledger'], flags: FLAGS });
    const session = await site.browser.newBrowserCDPSession();
    const workers: Worker[] = [];
    site.pages.on('page', (page) =>
      page.on('worker', async (worker) => {
        await heldBy(worker);
        workers.push(worker);
      }),
    );
    // On WebGPU wherever there is any, even in software: its buffers are counted.
    const volunteer = await site.volunteer({ room: ROOM, backend: 'wgsl' });
    const gamer = await site.page<typeof StreamPage>('stream');
    await gamer.call('open', { width: 160, height: 90, fps: 15, room: ROOM, picture: 'detail' });
    await gamer.call('settled', ROOM);
    const samples: Sample[] = [];
    const startedMs = performance.now();
    const durationMs = 60_000 * context.settings.minutes;
    for (let nth = 1; nth <= SAMPLES; nth++) {
      await sleep(Math.max(0, startedMs + (nth * durationMs) / SAMPLES - performance.now()));
      const sample = await takeSample({ gamer: gamer.page, volunteer: volunteer.page }, workers, session);
      samples.push(sample);
      if (nth % (SAMPLES / 10) === 0) console.log(`${(100 * nth) / SAMPLES} %: ${JSON.stringify(sample)}`);
    }
    const { captured, presented, dropped, unhelped } = await gamer.call('finalCounts', {
      room: ROOM,
      drainMs: DRAIN_MS,
    });
    // A browser also starts and ends processes of its own; only those that were there all the time are compared.
    const names = Object.keys(samples[0] ?? {}).filter((name) => samples.every((sample) => name in sample));
    return [
      ...names.map((name) => growth(name, samples)),
      figure('frames neither shown nor dropped, or both', Math.abs(captured - presented - dropped), '', {
        atMost: 0,
        note: `${captured} captured, ${presented} shown, ${dropped} dropped; ${unhelped} shown without detail`,
      }),
    ];
  },
};

/** What a worker holds, as bench/pages/ledger.ts counts it from its first call on. */
function heldBy(worker: Worker) {
  return worker.evaluate(
    async (url): Promise<{ frames: number; buffers: number; textures: number }> => (await import(url)).held(),
    '/bench/ledger.js',
  );
}

type MeasuredPerformance = Performance & { measureUserAgentSpecificMemory(): Promise<{ bytes: number }> };

async function takeSample(pages: Record<string, Page>, workers: readonly Worker[], session: CDPSession) {
  const sample: Sample = {};
  for (const [name, page] of Object.entries(pages)) {
    // With its workers, after a garbage collection.
    const { bytes } = await page.evaluate(() => (performance as MeasuredPerformance).measureUserAgentSpecificMemory());
    sample[`memory of the ${name}'s page, MiB`] = bytes / MIB;
  }
  for (const [type, bytes] of Object.entries(await residentBytesByType(session))) {
    sample[`resident, ${type}, MiB`] = bytes / MIB;
  }
  for (const worker of workers) {
    for (const [what, count] of Object.entries(await heldBy(worker))) {
      const name = `${what === 'frames' ? 'open VideoFrames' : `GPU ${what}`}, all workers`;
      sample[name] = (sample[name] ?? 0) + count;
    }
  }
  return sample;
}

/** Compares the minimum of each part: what leaks is never given back, what is only in use is. */
function growth(name: string, samples: readonly Sample[]): Row {
  const part = ({ from, to }: typeof EARLY) => samples.slice(from * SAMPLES, to * SAMPLES);
  const least = (range: typeof EARLY) => Math.min(...part(range).map((sample) => sample[name] ?? Number.NaN));
  const [early, late] = [least(EARLY), least(LATE)];
  const note = `${early.toFixed(1)} and ${late.toFixed(1)}`;
  // Memory may vary a little; frames, buffers and textures are counted.
  if (name.endsWith('MiB')) return figure(`${name}: late / early`, late / early, 'x', { atMost: NO_GROWTH, note });
  return figure(`${name}: late less early`, late - early, '', { atMost: 0, note });
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Section } from '../context.ts';
import { sum } from '../measuring.ts';
import type * as StreamPage from '../pages/stream.ts';
import { figure, type Row } from '../report.ts';
import { EAGER_MEMORY, type Held, residentByType, watchHeld } from '../resources.ts';

const SAMPLES = 60;
/** Parts of the run that are compared: the sixth and the tenth of ten minutes. A browser's heaps grow for about four minutes to the size they need. */
const EARLY = { from: 0.5, to: 0.6 };
const LATE = { from: 0.9, to: 1 };
/** Garbage collections leave a little more or less each time. */
const NO_GROWTH = 1.02;
/** By then every frame on its way has arrived or has been given up, and the statistics say so. */
const DRAIN_MS = 3_000;

export const streamSoak: Section = {
  name: 'stream-soak',
  about: 'one stream for --minutes (10): memory, VideoFrames and GPU buffers that are held, early and late',
  onlyWhenNamed: true,
  async run(context) {
    const site = await context.openSite({ modules: ['stream', 'ledger'], flags: [EAGER_MEMORY] });
    const session = await site.browser.newBrowserCDPSession();
    const held = watchHeld(site);
    // On WebGPU wherever there is any, even in software: its buffers are counted.
    const volunteer = await site.volunteer({ backend: 'wgsl' });
    const gamer = await site.page<typeof StreamPage>('stream');
    await gamer.call('open', { width: 160, height: 90, fps: 15, picture: 'detail' });
    await gamer.call('settled');
    const samples: Held[] = [];
    const startedMs = performance.now();
    const durationMs = 60_000 * context.settings.minutes;
    for (let nth = 1; nth <= SAMPLES; nth++) {
      await sleep(Math.max(0, startedMs + (nth * durationMs) / SAMPLES - performance.now()));
      const pages = { gamer: gamer.page, volunteer: volunteer.page };
      const sample = { ...(await held(pages)), ...(await residentByType(session)) };
      samples.push(sample);
      if (nth % (SAMPLES / 10) === 0) console.log(`${(100 * nth) / SAMPLES} %: ${JSON.stringify(sample)}`);
    }
    await gamer.call('set', { fps: 0 });
    const last = (await gamer.call('sample', DRAIN_MS)).at(-1);
    if (!last) throw new Error('The stream gave no statistics.');
    const { framesCaptured, framesPresented, framesDropped, framesWithDetail } = last;
    const dropped = sum(Object.values(framesDropped));
    // A browser also starts and ends processes of its own; only those that were there all the time are compared.
    const names = Object.keys(samples[0] ?? {}).filter((name) => samples.every((sample) => name in sample));
    return [
      ...names.map((name) => growth(name, samples)),
      figure('frames neither shown nor dropped, or both', Math.abs(framesCaptured - framesPresented - dropped), '', {
        atMost: 0,
        note: `${framesCaptured} captured, ${framesPresented} shown, ${dropped} dropped; ${framesWithDetail} shown with detail`,
      }),
    ];
  },
};

/** Compares the minimum of each part: what leaks is never given back, what is only in use is. */
function growth(name: string, samples: readonly Held[]): Row {
  const part = ({ from, to }: typeof EARLY) => samples.slice(from * SAMPLES, to * SAMPLES);
  const least = (range: typeof EARLY) => Math.min(...part(range).map((sample) => sample[name] ?? Number.NaN));
  const [early, late] = [least(EARLY), least(LATE)];
  const note = `${early.toFixed(1)} and ${late.toFixed(1)}`;
  // Memory may vary a little; frames, buffers and textures are counted.
  if (name.endsWith('MiB')) return figure(`${name}: late / early`, late / early, 'x', { atMost: NO_GROWTH, note });
  return figure(`${name}: late less early`, late - early, '', { atMost: 0, note });
}

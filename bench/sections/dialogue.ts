import type { Section } from '../context.ts';
import { median } from '../measuring.ts';
import type * as DialoguePage from '../pages/dialogue.ts';
import { figure, text } from '../report.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** The first token, at most so many times as late as in a bare loop. */
const MOST_FIRST_TOKEN = 1.2;
/** Tokens a second, at least this part of a bare loop's. */
const LEAST_RATE = 0.9;
/** What a new attempt may take on top of the time to a first token, ms. */
const MOST_RESUMED_MS = 200;

export const dialogue: Section = {
  name: 'dialogue',
  about:
    'first token and tokens a second of our own model, beside a bare loop around onnxruntime-web; an answer that is cut and goes on',
  async run(context) {
    const site = await context.openSite({ modules: ['dialogue'] });
    const page = await site.page<typeof DialoguePage>('dialogue');
    // Taken in turns: the machine may be busy for some time.
    const bare: DialoguePage.Spoken[] = [];
    const ours: DialoguePage.Spoken[] = [];
    for (let round = 0; round < 2; round++) {
      bare.push(...(await page.call('sayBare', SEEDS)));
      ours.push(...(await page.call('sayAsTasks', SEEDS)));
    }
    const resumed = await page.call('goOn', SEEDS);
    const firstTokenMs = (spoken: DialoguePage.Spoken[]) => median(spoken.map((one) => one.firstTokenMs));
    const rate = (spoken: DialoguePage.Spoken[]) => median(spoken.map((one) => one.tokensPerS));
    const nextTokenMs = median(resumed.map((one) => one.nextTokenMs));
    return [
      figure('first token', firstTokenMs(ours), 'ms'),
      figure('first token, bare', firstTokenMs(bare), 'ms'),
      figure('first token / bare', firstTokenMs(ours) / firstTokenMs(bare), 'x', { atMost: MOST_FIRST_TOKEN }),
      figure('tokens a second', rate(ours), '/s'),
      figure('tokens a second, bare', rate(bare), '/s'),
      figure('tokens a second / bare', rate(ours) / rate(bare), 'x', { atLeast: LEAST_RATE }),
      figure(
        'answers that are those of the bare loop',
        share(ours, (one, n) => one.text === bare[n]?.text),
        '%',
        { atLeast: 100 },
      ),
      figure('cut amid an answer: the next token, elsewhere', nextTokenMs, 'ms', {
        atMost: firstTokenMs(ours) + MOST_RESUMED_MS,
      }),
      figure(
        'and the text is the unbroken one',
        share(resumed, (one) => one.isSame),
        '%',
        { atLeast: 100 },
      ),
      text('for example', ours[0]?.text ?? ''),
    ];
  },
};

function share<T>(all: readonly T[], is: (one: T, n: number) => boolean): number {
  return (100 * all.filter(is).length) / all.length;
}

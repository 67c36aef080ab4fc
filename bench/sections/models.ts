import { loopingModel } from '../../web/compute/infer/test-onnx.ts';
import type { Section } from '../context.ts';
import { median, percentile } from '../measuring.ts';
import type * as DialoguePage from '../pages/dialogue.ts';
import type * as TasksPage from '../pages/tasks.ts';
import { figure, text } from '../report.ts';

const RUN_MS = 60_000;

export const longRun: Section = {
  name: 'long-run',
  about:
    "a run of a model that takes a volunteer's processor a minute: its heartbeat meanwhile, and how soon one is cancelled",
  onlyWhenNamed: true,
  async run(context) {
    const site = await context.openSite({ modules: ['tasks'] });
    const model = new URL('/looping.onnx', site.url).href;
    const body = Buffer.from(loopingModel());
    await site.pages.route('**/looping.onnx', (route) => route.fulfill({ body, contentType: 'application/onnx' }));
    await site.volunteer({ backend: 'js', limits: { acceptModelsFrom: [new URL(model).origin] } });
    const gamer = await site.page<typeof TasksPage>('tasks');
    const found = await gamer.call('measureLongRun', { model, runMs: RUN_MS });
    const { attempts, computeMs, gapsMs, rejectedMs, againMs } = found;
    return [
      figure('attempts at the run', attempts, '', { atMost: 1, note: `${(computeMs / 1_000).toFixed(1)} s computed` }),
      figure('longest gap of the heartbeat', Math.max(...gapsMs), 'ms', {
        below: 100,
        note: `of ${gapsMs.length}; p99 ${percentile(gapsMs, 0.99).toFixed(0)} ms`,
      }),
      figure('cancel to the end of the task', rejectedMs, 'ms', { below: 300 }),
      figure('cancel to the result of the next run', againMs, 'ms', { note: 'with a new worker, and the model anew' }),
    ];
  },
};

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
    const resumed = await page.call('continueFrom', SEEDS);
    const firstTokenMs = (spoken: DialoguePage.Spoken[]) => median(spoken.map((one) => one.firstTokenMs));
    const rate = (spoken: DialoguePage.Spoken[]) => median(spoken.map((one) => one.tokensPerS));
    const nextTokenMs = median(resumed.map((one) => one.nextTokenMs));
    const alike = share(ours, (one, n) => one.text === bare[n]?.text);
    const unbroken = share(resumed, (one) => one.isSame);
    return [
      figure('first token', firstTokenMs(ours), 'ms'),
      figure('first token, bare', firstTokenMs(bare), 'ms'),
      figure('first token / bare', firstTokenMs(ours) / firstTokenMs(bare), 'x', { atMost: MOST_FIRST_TOKEN }),
      figure('tokens a second', rate(ours), '/s'),
      figure('tokens a second, bare', rate(bare), '/s'),
      figure('tokens a second / bare', rate(ours) / rate(bare), 'x', { atLeast: LEAST_RATE }),
      figure('answers that are those of the bare loop', alike, '%', { atLeast: 100 }),
      figure('cut amid an answer: the next token, elsewhere', nextTokenMs, 'ms', {
        atMost: firstTokenMs(ours) + MOST_RESUMED_MS,
      }),
      figure('and the text is the unbroken one', unbroken, '%', { atLeast: 100 }),
      text('for example', ours[0]?.text ?? ''),
    ];
  },
};

function share<T>(all: readonly T[], is: (one: T, n: number) => boolean): number {
  return (100 * all.filter(is).length) / all.length;
}

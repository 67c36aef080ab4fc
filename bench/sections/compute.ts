import { setTimeout as sleep } from 'node:timers/promises';
import { NETWORKS } from '../../shared/tasks/upscale.ts';
import type { RemotePage, Section, Site } from '../context.ts';
import { median } from '../measuring.ts';
import type * as EnginePage from '../pages/engine.ts';
import type * as GameTasksPage from '../pages/game-tasks.ts';
import type * as TasksPage from '../pages/tasks.ts';
import { figure, type Row, short, text } from '../report.ts';

/** Measures in a page that shares nothing with the others. */
async function inNewEngine<T>(site: Site, measure: (page: RemotePage<typeof EnginePage>) => Promise<T>): Promise<T> {
  const page = await site.page<typeof EnginePage>('engine', await site.browser.newContext());
  const measured = await measure(page);
  await page.page.close();
  return measured;
}

/** How many times faster the kernels of the processor must be than what they replace. */
const [LEAST_OVER_JS, LEAST_OVER_ORT, LEAST_OF_TWO] = [10, 1.5, 1.7];

export const processor: Section = {
  name: 'processor',
  about: 'our kernels on the processor, 640x360 to 1280x720, beside plain JavaScript, onnxruntime-web and one thread',
  async run(context) {
    const site = await context.openSite({ modules: ['engine'] });
    const page = await site.page<typeof EnginePage>('engine');
    const { ms, threads } = await page.call('measureProcessor');
    const msOf = (what: string) => ms[what] ?? Number.NaN;
    const ratio = (what: string, slow: string, fast: string, options: { atLeast?: number } = {}) =>
      figure(what, msOf(slow) / msOf(fast), 'x', {
        note: `${short(msOf(slow))} ms / ${short(msOf(fast))} ms`,
        ...options,
      });
    return [
      ...['bilinear', 'bicubic', 'spatial'].map((quality) => figure(quality, msOf(`${quality} wasm`), 'ms')),
      ratio('spatial: plain JavaScript / ours', 'spatial js', 'spatial wasm', { atLeast: LEAST_OVER_JS }),
      ...NETWORKS.map((network) =>
        ratio(`${network}: onnxruntime-web / ours, one thread each`, `${network} ort`, `${network} wasm`, {
          ...(network === 'fast' && { atLeast: LEAST_OVER_ORT }),
        }),
      ),
      ...(threads < 2
        ? [text('two threads', 'none here')]
        : ['spatial', ...NETWORKS].map((quality) =>
            ratio(`${quality}: one thread / two`, `${quality} wasm`, `${quality} wasm2`, {
              ...(quality === 'spatial' && { atLeast: LEAST_OF_TWO }),
            }),
          )),
    ];
  },
};

export const types: Section = {
  name: 'types',
  about: 'upscale, raytracing, pathfinding and physics by backend, beside the reference on the processor',
  async run(context) {
    const site = await context.openSite({ modules: ['engine'] });
    const rows: Row[] = [];
    /** Time on the processor by task. */
    const processorMs = new Map<string, number>();
    for (const wanted of ['js', 'wgsl'] as const) {
      const { adapter, rates } = await inNewEngine(site, (page) => page.call('measureTypes', wanted));
      if (wanted === 'wgsl') rows.push(text('wgsl runs on', adapter));
      for (const { what, backend, firstMs, tookMs, unitsPerMs } of rates) {
        if (wanted === 'js') processorMs.set(what, tookMs);
        const speedup = (processorMs.get(what) ?? Number.NaN) / tookMs;
        const compared = wanted === 'js' ? '' : `, ${speedup.toFixed(2)} x as fast as js`;
        const note = `${short(tookMs)} ms, the first ${short(firstMs)}; ${Math.round(unitsPerMs)} units/ms${compared}`;
        if (backend !== wanted) rows.push(text(`${wanted}: ${what}`, `left to ${backend}`));
        else rows.push(figure(`${wanted}: ${what}`, 1_000 / tookMs, '/s', { note }));
      }
    }
    return rows;
  },
};

export const upscale: Section = {
  name: 'upscale',
  about: '100 upscale tasks of 64x36 through one volunteer, pipelined beside one by one; then the same one again',
  async run(context) {
    const site = await context.openSite({ modules: ['tasks'] });
    await site.volunteer();
    const gamer = await site.page<typeof TasksPage>('tasks');
    const { pipelinedPerS, oneByOnePerS, againMs, ranOn } = await gamer.call('measureUpscale');
    return [
      figure('100 of 64x36, pipelined', pipelinedPerS, '/s', { above: 100 }),
      figure('pipelined / one by one', pipelinedPerS / oneByOnePerS, 'x', {
        above: 1,
        note: `one by one ${oneByOnePerS.toFixed(0)} /s`,
      }),
      figure('the same picture again, p50', againMs, 'ms', { below: 1, note: `ran on ${ranOn}` }),
    ];
  },
};

const DURATION_MS = 15_000;
/** For the stream to find the quality that the machine keeps up with, and for the models to be loaded. */
const SETTLE_MS = 15_000;

/** The built-in game with a volunteer beside it on the same processor, which makes detail of its frames and computes its tasks. */
export const gameTasks: Section = {
  name: 'game-tasks',
  about: 'tasks of the built-in game beside its stream, on the same processor: how many come back in time',
  async run(context) {
    const site = await context.openSite({ modules: ['game-tasks'] });
    await site.volunteer();
    const gamer = await site.page<typeof GameTasksPage>('game-tasks');
    await gamer.call('play', 'quality');
    await sleep(SETTLE_MS);
    const { tasks, detailFps, detailP95Ms, quality } = await gamer.call('watch', DURATION_MS);
    const parts = [...new Set(tasks.map(({ part }) => part))].map((part) => {
      const of = tasks.filter((task) => task.part === part);
      const good = of.filter(({ isInTime }) => isInTime);
      return `${part} ${good.length} of ${of.length}, ${median(of.map(({ tookMs }) => tookMs)).toFixed(0)} ms`;
    });
    const inTime = tasks.filter(({ isInTime }) => isInTime);
    return [
      figure('tasks in time beside the stream', (100 * inTime.length) / tasks.length, '%', {
        atLeast: 95,
        note: parts.join('; '),
      }),
      figure('frames with detail beside them', detailFps, '/s', {
        note: `${quality ?? 'none now'}, detail p95 ${detailP95Ms.toFixed(0)} ms after capture`,
      }),
    ];
  },
};

const [SHARES, SPAN_MS] = [[0.1, 0.25, 0.5], 30_000];

export const limits: Section = {
  name: 'limits',
  about: 'the part of the time an engine computes at gpuShare 0.1 to 0.5, and how soon a limit hands work back',
  async run(context) {
    const site = await context.openSite({ modules: ['engine'] });
    const rows: Row[] = [];
    for (const backend of ['js', 'wgsl'] as const) {
      const measure = (page: RemotePage<typeof EnginePage>) => page.call('measureShares', backend, SHARES, SPAN_MS);
      const { adapter, kept } = await inNewEngine(site, measure);
      if (backend === 'wgsl') rows.push(text('wgsl runs on', adapter));
      for (const { share, busy } of kept) {
        rows.push(
          figure(`${backend}: off from gpuShare ${share}`, Math.abs(busy / share - 1) * 100, '%', {
            note: `busy ${(100 * busy).toFixed(1)} % of the time`,
            atMost: 10,
          }),
        );
      }
    }
    return [...rows, await handingBack(await context.openSite({ modules: ['tasks'] }))];
  },
};

/** From the browser's event that mains power is gone until no work is left at the volunteer, amid work that would take seconds. */
async function handingBack(site: Site): Promise<Row> {
  const volunteer = await site.volunteer({ limits: { pauseOnBattery: true }, backend: 'js' });
  const gamer = await site.page<typeof TasksPage>('tasks');
  await gamer.call('connect');
  await gamer.call('untilBusy', true);
  const handedBack = gamer.call('untilBusy', false);
  const unpluggedAtMs = await volunteer.call('setCharging', false);
  return figure('unplugged to work handed back', (await handedBack) - unpluggedAtMs, 'ms', { atMost: 250 });
}

/** Starts after the first, of which the slowest counts, and within how many ms a volunteer that has started here before must serve. */
const [LATER_STARTS, MOST_LATER_MS] = [3, 1_000];

/** How long a person who pressed Start waits until a volunteer serves, on a first visit and on later ones, which remember the machine's speeds. */
export const start: Section = {
  name: 'start',
  about: 'from opening a volunteer’s page to its serving, on a first visit and on later ones',
  async run(context) {
    const site = await context.openSite({ modules: [] });
    const starts = [];
    for (let n = 0; n <= LATER_STARTS; n++) {
      const startMs = performance.now();
      const { page, capabilities } = await site.volunteer();
      starts.push({ tookMs: performance.now() - startMs, adapter: capabilities.adapter });
      // What was measured stays in the browser.
      await page.close();
    }
    const [firstMs = Number.NaN, ...laterMs] = starts.map(({ tookMs }) => tookMs);
    return [
      text('computes on', starts[0]?.adapter ?? ''),
      figure('first start', firstMs, 'ms'),
      figure('the slowest of the later starts', Math.max(...laterMs), 'ms', {
        note: laterMs.map((ms) => ms.toFixed(0)).join(', '),
        atMost: MOST_LATER_MS,
      }),
    ];
  },
};

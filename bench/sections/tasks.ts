import type { Section } from '../context.ts';
import type * as TasksPage from '../pages/tasks.ts';
import { figure } from '../report.ts';

export const echo: Section = {
  name: 'echo',
  about: 'echo tasks of 1 kB beside a bare data channel between the same two pages: rate and latency',
  async run(context) {
    const room = 'echo';
    const site = await context.openSite({ modules: ['tasks'] });
    await (await site.volunteer({ room, backend: 'js' })).call('answerBare');
    const gamer = await site.page<typeof TasksPage>('tasks');
    const { perS, p50Ms, p99Ms } = await gamer.call('measureEcho', room);
    const rate = (what: string, tasksPerS: number, atLeast?: number) =>
      figure(`${what} / bare channel`, tasksPerS / perS.bare, 'x', {
        note: `${tasksPerS.toFixed(0)} of ${perS.bare.toFixed(0)} /s`,
        ...(atLeast !== undefined && { atLeast }),
      });
    const delay = (what: string, { task, bare }: typeof p50Ms, below: number) =>
      figure(what, task - bare, 'ms', { note: `${task.toFixed(2)} less ${bare.toFixed(2)} ms`, below });
    return [
      rate('tasks one by one', perS.single, 0.7),
      rate('tasks in batches of 16', perS.batched, 2),
      rate('bare channel, 16 in a message', perS.bareBatched),
      rate('tasks one by one without the cache', perS.singleUncached),
      rate('tasks in batches of 16 without the cache', perS.batchedUncached),
      delay('p50 later than bare', p50Ms, 1),
      delay('p99 later than bare', p99Ms, 5),
    ];
  },
};

export const link: Section = {
  name: 'link',
  about: 'echoes over one lasting link, beside a connection made for each',
  async run(context) {
    const room = 'link';
    const site = await context.openSite({ modules: ['tasks'] });
    await site.volunteer({ room, backend: 'js' });
    const gamer = await site.page<typeof TasksPage>('tasks');
    const { ownLinkMs, lastingLinkMs } = await gamer.call('measureLink', room);
    return [
      figure('a connection per echo / one for all', ownLinkMs / lastingLinkMs, 'x', {
        above: 1,
        note: `${ownLinkMs.toFixed(1)} and ${lastingLinkMs.toFixed(2)} ms an echo`,
      }),
    ];
  },
};

export const upscale: Section = {
  name: 'upscale',
  about: '100 upscale tasks of 64x36 through one volunteer, pipelined beside one by one; then the same one again',
  async run(context) {
    const room = 'upscale';
    const site = await context.openSite({ modules: ['tasks'] });
    await site.volunteer({ room });
    const gamer = await site.page<typeof TasksPage>('tasks');
    const { pipelinedPerS, oneByOnePerS, againMs, ranOn } = await gamer.call('measureUpscale', room);
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

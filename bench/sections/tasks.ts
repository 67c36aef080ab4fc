import { type Section, SHOW_ADDRESSES } from '../context.ts';
import { percentile } from '../measuring.ts';
import type * as TasksPage from '../pages/tasks.ts';
import { figure, type Row } from '../report.ts';

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

const KILL_ROOM = 'kill';

export const kill: Section = {
  name: 'kill',
  about:
    'one of four volunteers has its whole browser killed during 1,000 echoes: what is lost, and how soon is it noticed',
  async run(context) {
    const site = await context.openSite({ modules: ['tasks'], flags: [SHOW_ADDRESSES] });
    const victim = await context.launchKillableBrowser();
    await site.volunteer({ room: KILL_ROOM, backend: 'js', name: 'victim' }, victim.pages);
    for (const name of ['one', 'two', 'three']) await site.volunteer({ room: KILL_ROOM, backend: 'js', name });
    const gamer = await site.page<typeof TasksPage>('tasks');
    await gamer.call('connectAndListen', { room: KILL_ROOM, volunteers: 4 });
    let killedAtMs = Number.NaN;
    await gamer.page.exposeFunction('kill', () => {
      killedAtMs = Date.now();
      victim.kill();
    });
    return rowsOf(await gamer.call('runEchoes'), killedAtMs);
  },
};

type Outcome = Awaited<ReturnType<typeof TasksPage.runEchoes>>;

function rowsOf(outcome: Outcome, killedAtMs: number): Row[] {
  const { correct, pictures, killed, completed, failed, longestMs, redispatches, victimId } = outcome;
  const ofVictim = redispatches.filter(({ ranOn, atMs }) => ranOn === victimId && atMs >= killedAtMs);
  type Some = typeof redispatches;
  const causes = (some: Some) => [...new Set(some.map(({ cause }) => cause))].join(', ');
  const delaysMs = (some: Some) => some.map(({ delayMs }) => delayMs);
  const p99Ms = (some: Some) => percentile(delaysMs(some), 0.99);
  const late = ofVictim.filter(({ cause }) => cause === 'late');
  return [
    figure("the victim's tasks that were begun elsewhere", ofVictim.length, '', {
      atLeast: 1,
      note: killed ? causes(ofVictim) : 'it was given no work and not killed: this shows nothing',
    }),
    figure('correct echoes of 1,000', correct, '', { atLeast: 1_000, note: `and ${pictures} small upscales` }),
    figure('tasks that failed or did not end exactly once', Math.abs(correct + pictures - completed) + failed, '', {
      atMost: 0,
    }),
    figure('longest time of a task', longestMs, 'ms'),
    figure("detection to new attempt, p99 of the victim's tasks", p99Ms(ofVictim), 'ms', {
      below: 50,
      // These may have to wait for the budget of duplicates; those of a silent volunteer do not.
      note: `of those that were late already ${p99Ms(late).toFixed(1)} ms`,
    }),
    figure('detection to new attempt, p99 of all', p99Ms(redispatches), 'ms', {
      note: `${redispatches.length} attempts: ${causes(redispatches)}`,
    }),
    figure('kill to first new attempt', Math.min(...ofVictim.map(({ atMs }) => atMs)) - killedAtMs, 'ms'),
  ];
}

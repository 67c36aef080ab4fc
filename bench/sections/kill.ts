import { type Section, SHOW_ADDRESSES } from '../context.ts';
import { percentile } from '../measuring.ts';
import type * as KillPage from '../pages/kill.ts';
import { figure, type Row } from '../report.ts';

const ROOM = 'kill';

export const kill: Section = {
  name: 'kill',
  about:
    'one of four volunteers has its whole browser killed during 1,000 echoes: what is lost, and how soon is it noticed',
  async run(context) {
    const site = await context.openSite({ modules: ['kill'], flags: [SHOW_ADDRESSES] });
    const victim = await context.launchKillableBrowser();
    await site.volunteer({ room: ROOM, backend: 'js', name: 'victim' }, victim.pages);
    for (const name of ['one', 'two', 'three']) await site.volunteer({ room: ROOM, backend: 'js', name });
    const gamer = await site.page<typeof KillPage>('kill');
    await gamer.call('connectAndListen', { room: ROOM, volunteers: 4 });
    let killedAtMs = Number.NaN;
    await gamer.page.exposeFunction('kill', () => {
      killedAtMs = Date.now();
      victim.kill();
    });
    return rowsOf(await gamer.call('runEchoes'), killedAtMs);
  },
};

type Outcome = Awaited<ReturnType<typeof KillPage.runEchoes>>;

function rowsOf(outcome: Outcome, killedAtMs: number): Row[] {
  const { correct, pictures, killed, completed, failed, longestMs, redispatches, victimId } = outcome;
  const ofVictim = redispatches.filter(({ ranOn, atMs }) => ranOn === victimId && atMs >= killedAtMs);
  type Some = typeof redispatches;
  const causes = (some: Some) => [...new Set(some.map(({ cause }) => cause))].join(', ');
  const p99Ms = (some: Some) =>
    percentile(
      some.map(({ delayMs }) => delayMs),
      0.99,
    );
  const [late, others] = [
    ofVictim.filter(({ cause }) => cause === 'late'),
    ofVictim.filter(({ cause }) => cause !== 'late'),
  ];
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
      // Late attempts may have to wait for the budget of duplicates; those of a silent volunteer do not.
      note: `late ${p99Ms(late).toFixed(1)}, others ${p99Ms(others).toFixed(1)} ms`,
    }),
    figure('detection to new attempt, p99 of all', p99Ms(redispatches), 'ms', {
      note: `${redispatches.length} attempts: ${causes(redispatches)}`,
    }),
    figure('kill to first new attempt', Math.min(...ofVictim.map(({ atMs }) => atMs)) - killedAtMs, 'ms'),
  ];
}

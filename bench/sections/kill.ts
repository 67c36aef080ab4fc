import { type Section, SHOW_ADDRESSES } from '../context.ts';
import { percentile, sum } from '../measuring.ts';
import type * as KillPage from '../pages/kill.ts';
import type * as StreamPage from '../pages/stream.ts';
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

const STREAM_ROOM = 'stream kill';
const FPS = 30;
const ROUNDS = 3;
/** Before the kill, to see how long this machine delays a picture by itself; and after it. */
const [BEFORE_MS, AFTER_MS] = [3_000, 3_000];

export const streamKill: Section = {
  name: 'stream-kill',
  about:
    'of two volunteers the one that upscales has its whole browser killed: how long the picture freezes, and the order of frames',
  async run(context) {
    const site = await context.openSite({ modules: ['stream'], variants: ['quick'], flags: [SHOW_ADDRESSES] });
    const gamer = await site.page<typeof StreamPage>('stream');
    /** Kills each volunteer by name. */
    const alive = new Map<string, () => void>();
    let serial = 0;
    const join = async () => {
      const name = `victim ${++serial}`;
      const { pages, kill } = await context.launchKillableBrowser();
      await site.volunteer({ room: STREAM_ROOM, variant: 'quick', name }, pages);
      alive.set(name, kill);
    };
    await join();
    await join();
    await gamer.call('open', { width: 160, height: 90, room: STREAM_ROOM, variant: 'quick', fps: FPS, volunteers: 2 });
    const kills = [];
    for (let round = 0; round < ROUNDS; round++) {
      if (alive.size < 2) await join();
      await gamer.call('ready', { room: STREAM_ROOM, volunteers: 2 });
      await gamer.call('settled', STREAM_ROOM);
      await gamer.call('watch', STREAM_ROOM);
      await gamer.page.waitForTimeout(BEFORE_MS);
      const [primary] = await gamer.call('shares', STREAM_ROOM);
      const kill = primary && alive.get(primary.name);
      if (!kill) throw new Error(`The frames come from ${primary?.name ?? 'nobody'}, who cannot be killed.`);
      const killedAtMs = performance.timeOrigin + performance.now();
      kill();
      alive.delete(primary.name);
      await gamer.page.waitForTimeout(AFTER_MS);
      kills.push({ ...freezes(await gamer.call('seen', STREAM_ROOM), killedAtMs), share: primary.share });
    }
    const freezesMs = kills.map(({ freezeMs }) => freezeMs);
    return [
      figure(`longest freeze of the picture, the worst of ${ROUNDS} kills`, Math.max(...freezesMs), 'ms', {
        atMost: Math.round(2_000 / FPS),
        note: `${freezesMs.map((ms) => ms.toFixed(0)).join(', ')} ms; two frame intervals`,
      }),
      figure('the same before the kill', Math.max(...kills.map(({ calmFreezeMs }) => calmFreezeMs)), 'ms'),
      figure('frames shown after a newer one', sum(kills.map(({ backwards }) => backwards)), '', {
        atMost: 0,
        note: `of ${sum(kills.map(({ shown }) => shown))}`,
      }),
      figure('share of the frames with detail of the killed one', Math.min(...kills.map(({ share }) => share)), ''),
    ];
  },
};

function freezes(frames: readonly StreamPage.SeenFrame[], killedAtMs: number) {
  const gaps = frames.slice(1).map(({ number, atMs }, index) => {
    const before = frames[index];
    return { atMs, gapMs: atMs - (before?.atMs ?? atMs), isBackwards: number < (before?.number ?? number) };
  });
  const longestMs = (some: typeof gaps) => Math.max(0, ...some.map(({ gapMs }) => gapMs));
  // A picture that never moves again is frozen until the measurement ends.
  const sinceLastMs = killedAtMs + AFTER_MS - (frames.at(-1)?.atMs ?? 0);
  return {
    freezeMs: Math.max(sinceLastMs, longestMs(gaps.filter(({ atMs }) => atMs >= killedAtMs))),
    calmFreezeMs: longestMs(gaps.filter(({ atMs }) => atMs < killedAtMs)),
    backwards: gaps.filter(({ isBackwards }) => isBackwards).length,
    shown: frames.length,
  };
}

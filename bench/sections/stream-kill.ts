import { type Section, SHOW_ADDRESSES } from '../context.ts';
import { sum } from '../measuring.ts';
import type * as StreamPage from '../pages/stream.ts';
import { figure } from '../report.ts';

const ROOM = 'stream kill';
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
      await site.volunteer({ room: ROOM, variant: 'quick', name }, pages);
      alive.set(name, kill);
    };
    await join();
    await join();
    await gamer.call('open', { width: 160, height: 90, room: ROOM, fps: FPS, volunteers: 2 });
    const kills = [];
    for (let round = 0; round < ROUNDS; round++) {
      if (alive.size < 2) await join();
      await gamer.call('ready', { room: ROOM, volunteers: 2 });
      await gamer.call('settled', ROOM);
      await gamer.call('watch', ROOM);
      await gamer.page.waitForTimeout(BEFORE_MS);
      const [primary] = await gamer.call('shares', ROOM);
      const kill = primary && alive.get(primary.name);
      if (!kill) throw new Error(`The frames come from ${primary?.name ?? 'nobody'}, who cannot be killed.`);
      const killedAtMs = performance.timeOrigin + performance.now();
      kill();
      alive.delete(primary.name);
      await gamer.page.waitForTimeout(AFTER_MS);
      kills.push({ ...outcome(await gamer.call('seen', ROOM), killedAtMs), share: primary.share });
    }
    const freezesMs = kills.map(({ freezeMs }) => freezeMs);
    return [
      figure(`longest freeze of the picture, the worst of ${ROUNDS} kills`, Math.max(...freezesMs), 'ms', {
        atMost: Math.round(1_000 / FPS + 50),
        note: `${freezesMs.map((ms) => ms.toFixed(0)).join(', ')} ms; a frame's interval and 50 ms`,
      }),
      figure('the same before the kill', Math.max(...kills.map(({ calmFreezeMs }) => calmFreezeMs)), 'ms'),
      figure('frames shown after a newer one', sum(kills.map(({ backwards }) => backwards)), '', {
        atMost: 0,
        note: `of ${sum(kills.map(({ shown }) => shown))}`,
      }),
      figure('share of the frames that the killed one gave', Math.min(...kills.map(({ share }) => share)), ''),
    ];
  },
};

function outcome(frames: readonly StreamPage.SeenFrame[], killedAtMs: number) {
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

import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'stream kill';
const FPS = 30;
const SIZE = { width: 160, height: 90 };
const ROUNDS = 3;
/** Calm before the kill, which shows what this machine does to a picture by itself. */
const BEFORE_MS = 3_000;
const AFTER_MS = 3_000;
/** Browsers would otherwise hide their addresses from each other behind names that only a network can resolve. */
const FLAGS = ['--disable-features=WebRtcHideLocalIpsWithMdns'];

/** @typedef {ReturnType<typeof import('../pages/live.mjs').seen>['frames']} Seen */

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'stream-kill',
  about:
    'of two volunteers the one that sharpens has its whole browser killed: how long the picture stands, and its order',
  async run(context) {
    const server = await context.startServer({}, ['quick']);
    const browser = await context.launchBrowser(FLAGS);
    const gamer = await openPage(await browser.newContext(), server.url);
    /** How to kill each volunteer that lives, by its name. @type {Map<string, () => void>} */
    const alive = new Map();
    let serial = 0;
    const join = async () => {
      const name = `mortal ${++serial}`;
      const mortal = await context.launchMortalBrowser(FLAGS);
      const pages = await mortal.browser.newContext();
      await openVolunteer(pages, server.url, { room: ROOM, variant: 'quick', name });
      alive.set(name, mortal.kill);
    };
    await join();
    await join();
    await call(gamer, 'live.mjs#open', { ...SIZE, room: ROOM, fps: FPS, volunteers: 2 });
    const kills = [];
    for (let round = 0; round < ROUNDS; round++) {
      if (alive.size < 2) await join();
      await call(gamer, 'live.mjs#ready', { room: ROOM, volunteers: 2 });
      await call(gamer, 'live.mjs#settled', ROOM);
      await call(gamer, 'live.mjs#watch', ROOM);
      await gamer.waitForTimeout(BEFORE_MS);
      /** @type {ReturnType<typeof import('../pages/live.mjs').shares>} */
      const [primary] = await call(gamer, 'live.mjs#shares', ROOM);
      const kill = primary && alive.get(primary.name);
      if (!kill) throw new Error(`The pictures come from ${primary?.name ?? 'nobody'}, who cannot be killed.`);
      const killedAtMs = performance.timeOrigin + performance.now();
      kill();
      alive.delete(primary.name);
      await gamer.waitForTimeout(AFTER_MS);
      /** @type {ReturnType<typeof import('../pages/live.mjs').seen>} */
      const { frames } = await call(gamer, 'live.mjs#seen', ROOM);
      kills.push({ ...outcome(frames, killedAtMs), share: primary.share });
    }
    const gaps = kills.map(({ gapMs }) => gapMs);
    const backwards = kills.reduce((sum, kill) => sum + kill.backwards, 0);
    return [
      figure(`longest stand of the picture, the worst of ${ROUNDS} kills`, Math.max(...gaps), 'ms', {
        atMost: Math.round(1_000 / FPS + 50),
        note: `${gaps.map((gapMs) => gapMs.toFixed(0)).join(', ')} ms; a frame's interval and 50 ms`,
      }),
      figure('the same before the kill', Math.max(...kills.map(({ calmGapMs }) => calmGapMs)), 'ms'),
      figure('frames shown after a newer one', backwards, '', {
        atMost: 0,
        note: `of ${kills.reduce((sum, { shown }) => sum + shown, 0)}`,
      }),
      figure('part of the frames that the killed one gave', Math.min(...kills.map(({ share }) => share)), ''),
    ];
  },
};

/**
 * @param {Seen} frames
 * @param {number} killedAtMs
 */
function outcome(frames, killedAtMs) {
  const pairs = frames.slice(1).map((frame, index) => ({ frame, before: frames[index] ?? frame }));
  const longest = (/** @type {typeof pairs} */ some) =>
    Math.max(0, ...some.map(({ frame, before }) => frame.atMs - before.atMs));
  return {
    gapMs: longest([
      ...pairs.filter(({ frame }) => frame.atMs >= killedAtMs),
      // A picture that never moves again stands until we stop looking.
      { before: frames.at(-1) ?? NOTHING, frame: { ...NOTHING, atMs: killedAtMs + AFTER_MS } },
    ]),
    calmGapMs: longest(pairs.filter(({ frame }) => frame.atMs < killedAtMs)),
    backwards: pairs.filter(({ frame, before }) => frame.number < before.number).length,
    shown: frames.length,
  };
}

const NOTHING = { number: 0, atMs: 0, ageMs: 0 };

import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'stream two';
const VOLUNTEER = /** @type {const} */ ({ room: ROOM, variant: 'waiting' });
const SIZE = { width: 160, height: 90 };
const DURATION_MS = 4_000;
/** For a stream to find out what a volunteer that came, or another pace, is good for. */
const LEARN_MS = 3_000;
/** One volunteer of 40 ms shows 25 frames/s, two could show 50: a source of 30 could not tell whether they do. */
const FAST_FPS = 60;
const SLOW_FPS = 30;

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'stream-two',
  about: 'live frames through two volunteers that take 40 ms for each, beside one of them',
  async run(context) {
    const server = await context.startServer({}, ['waiting']);
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    await openVolunteer(pages, server.url, { ...VOLUNTEER, name: 'one' });
    const gamer = await openPage(pages, server.url);
    await call(gamer, 'live.mjs#open', { ...SIZE, room: ROOM, fps: FAST_FPS });
    await call(gamer, 'live.mjs#settled', ROOM);
    const one = await shownPerS(gamer);
    await openVolunteer(pages, server.url, { ...VOLUNTEER, name: 'two' });
    const two = await shownPerS(gamer);
    return [
      figure('frames/s of two / of one', two.fast / one.fast, 'x', {
        atLeast: 1.9,
        note: `${two.fast.toFixed(1)} and ${one.fast.toFixed(1)} /s, source of ${FAST_FPS} /s`,
      }),
      // Without this a machine that others kept busy while one alone was measured would pass.
      figure('part of the frames that the lesser of two gave', two.lesser, '', { atLeast: 0.4 }),
      figure(`frames/s of two, source of ${SLOW_FPS} /s`, two.slow, '/s', { note: `${one.slow.toFixed(1)} of one` }),
    ];
  },
};

/** @param {import('playwright').Page} gamer */
async function shownPerS(gamer) {
  const at = async (/** @type {number} */ fps) => {
    await call(gamer, 'live.mjs#pace', { room: ROOM, fps });
    await gamer.waitForTimeout(LEARN_MS);
    return call(gamer, 'live.mjs#presentedPerS', { room: ROOM, durationMs: DURATION_MS });
  };
  const fast = /** @type {number} */ (await at(FAST_FPS));
  /** @type {ReturnType<typeof import('../pages/live.mjs').shares>} */
  const [, lesser] = await call(gamer, 'live.mjs#shares', ROOM);
  return { fast, lesser: lesser?.share ?? 0, slow: /** @type {number} */ (await at(SLOW_FPS)) };
}

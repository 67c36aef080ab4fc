import { percentile } from '../pages/statistics.mjs';
import { figure, said } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'kill';
const MORTAL = 'mortal';
const LOAD = { echoes: 1_000, sizeBytes: 4_096, window: 64, echoesPerUpscale: 4, killAfter: 200, mortal: MORTAL };
/** Two browsers would otherwise hide their addresses from each other behind names that only a network can resolve. */
const FLAGS = ['--disable-features=WebRtcHideLocalIpsWithMdns'];

/** @typedef {Awaited<ReturnType<typeof import('../pages/kill.mjs').runEchoes>>} Outcome */

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'kill',
  about:
    'one of four volunteers has its whole browser killed in the middle of 1,000 echoes: what is lost, and how soon is it noticed',
  async run(context) {
    const server = await context.startServer();
    const browser = await context.launchBrowser(FLAGS);
    const pages = await browser.newContext();
    const mortal = await context.launchMortalBrowser(FLAGS);
    const mortalPages = await mortal.browser.newContext();
    await openVolunteer(mortalPages, server.url, { room: ROOM, backend: 'js', name: MORTAL });
    for (const name of ['one', 'two', 'three']) {
      await openVolunteer(pages, server.url, { room: ROOM, backend: 'js', name });
    }
    const gamer = await openPage(pages, server.url);
    await call(gamer, 'kill.mjs#connectAndListen', { room: ROOM, volunteers: 4 });
    let killedAtMs = Number.NaN;
    await gamer.exposeFunction('kill', () => {
      killedAtMs = Date.now();
      mortal.kill();
    });
    /** @type {Outcome} */
    const outcome = await call(gamer, 'kill.mjs#runEchoes', LOAD);
    return rowsOf(outcome, killedAtMs);
  },
};

/**
 * @param {Outcome} outcome
 * @param {number} killedAtMs
 */
function rowsOf({ right, pictures, killed, completed, failed, redispatched, longestMs, redispatches }, killedAtMs) {
  const rows = [
    figure('tasks of the killed one, done by others', redispatched, '', {
      atLeast: 1,
      note: killed ? 'killed at work' : 'it was given no work and lives: nothing was shown',
    }),
    figure('right echoes of 1,000', right, '', { atLeast: LOAD.echoes, note: `and ${pictures} small upscales` }),
    figure('ended not once, or failed', Math.abs(right + pictures - completed) + failed, '', { atMost: 0 }),
    figure('longest wait of a task', longestMs, 'ms'),
  ];
  if (redispatches.length === 0)
    return [...rows, said('new attempts', "none told: the client fires no 'redispatched'")];
  const delaysMs = redispatches.map(({ delayMs }) => delayMs);
  const firstAtMs = Math.min(...redispatches.map(({ atMs }) => atMs));
  const causes = [...new Set(redispatches.map(({ cause }) => cause))].join(', ');
  return [
    ...rows,
    figure('detection to new attempt, p99', percentile(delaysMs, 0.99), 'ms', {
      below: 50,
      note: `${redispatches.length} attempts: ${causes}`,
    }),
    figure('kill to first new attempt', firstAtMs - killedAtMs, 'ms'),
  ];
}

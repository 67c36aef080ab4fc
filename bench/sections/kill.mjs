import { percentile } from '../pages/statistics.mjs';
import { figure } from '../rows.mjs';
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
function rowsOf({ right, pictures, killed, completed, failed, longestMs, redispatches, mortalId }, killedAtMs) {
  const ofTheKilled = redispatches.filter(({ ranOn, atMs }) => ranOn === mortalId && atMs >= killedAtMs);
  const causes = (/** @type {readonly { cause: string }[]} */ some) =>
    [...new Set(some.map(({ cause }) => cause))].join(', ');
  /** @param {readonly { delayMs: number }[]} some */
  const p99Ms = (some) =>
    percentile(
      some.map(({ delayMs }) => delayMs),
      0.99,
    );
  /** @param {string[]} wanted */
  const ofCause = (...wanted) => ofTheKilled.filter(({ cause }) => wanted.includes(cause));
  return [
    figure('tasks of the killed one, begun elsewhere', ofTheKilled.length, '', {
      atLeast: 1,
      note: killed ? causes(ofTheKilled) : 'it was given no work and lives: nothing was shown',
    }),
    figure('right echoes of 1,000', right, '', { atLeast: LOAD.echoes, note: `and ${pictures} small upscales` }),
    figure('ended not once, or failed', Math.abs(right + pictures - completed) + failed, '', { atMost: 0 }),
    figure('longest wait of a task', longestMs, 'ms'),
    figure('detection to new attempt, p99', p99Ms(ofTheKilled), 'ms', {
      below: 50,
      // Those may have to wait for the budget of duplicates; what a silent volunteer holds does not.
      note: `late ${p99Ms(ofCause('late')).toFixed(1)}, others ${p99Ms(ofCause('silent', 'lost', 'failed')).toFixed(1)} ms`,
    }),
    figure('the same for every new attempt of the run, p99', p99Ms(redispatches), 'ms', {
      note: `${redispatches.length} attempts: ${causes(redispatches)}`,
    }),
    figure('kill to first new attempt', Math.min(...ofTheKilled.map(({ atMs }) => atMs)) - killedAtMs, 'ms'),
  ];
}

import { setTimeout as sleep } from 'node:timers/promises';
import { figure } from '../rows.mjs';
import { serveOurs } from './stage.mjs';

const SESSIONS = 1_000;
const WITHIN_MS = 10_000;
const BURST_MS = 100;
const LOOK_EVERY_MS = 200;

/**
 * A thousand sessions of the real client lose their server, and find its successor, which remembers none of them.
 * @param {import('../context.mjs').BenchContext} context
 * @param {import('./stage.mjs').Clients} clients
 */
export async function measureRestart(context, clients) {
  const first = await serveOurs(context);
  await clients({ kind: 'join', url: first.url, count: SESSIONS });
  await clients({ kind: 'brace' });
  const stoppedMs = performance.now();
  await first.stop();
  await serveOurs(context, { port: first.port });
  const awayMs = performance.now() - stoppedMs;
  /** @type {import('./sessions.ts').Standing} */
  let standing;
  do {
    await sleep(LOOK_EVERY_MS);
    standing = await clients({ kind: 'standing' });
  } while (performance.now() - stoppedMs < WITHIN_MS && standing.backAfterMs.length < SESSIONS);
  await clients({ kind: 'part' });
  const backAfterMs = standing.backAfterMs.filter((afterMs) => afterMs <= WITHIN_MS).sort((a, b) => a - b);
  context.say(`restart: ${backAfterMs.length} sessions back`);
  return [
    figure(
      'restart under 1,000 sessions: back within 10 s as who they were',
      backAfterMs.length - standing.others,
      '',
      {
        atLeast: SESSIONS,
        note: `the server was away for ${awayMs.toFixed(0)} ms; the last was back after ${(backAfterMs.at(-1) ?? Number.NaN).toFixed(0)} ms`,
      },
    ),
    figure('of those in the busiest tenth of a second', (100 * busiest(backAfterMs, BURST_MS)) / SESSIONS, '%', {
      atMost: 33,
      note: 'attempts are jittered; a herd would be 100',
    }),
  ];
}

/**
 * The most that fall into any such window.
 * @param {readonly number[]} sorted
 * @param {number} windowMs
 */
function busiest(sorted, windowMs) {
  let [most, first] = [0, 0];
  for (let last = 0; last < sorted.length; last++) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) > windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

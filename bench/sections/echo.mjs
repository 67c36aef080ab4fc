import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'echo';
const SIZE_BYTES = 1_024;
const WINDOW = 32;
const BATCH = 16;
const LOAD = { sizeBytes: SIZE_BYTES, window: WINDOW, batch: BATCH, durationMs: 500, rounds: 7, trips: 300 };

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'echo',
  about: 'echo tasks of 1 kB beside a bare data channel between the same two pages: rate and latency',
  async run(context) {
    const server = await context.startServer();
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    const { page: volunteer } = await openVolunteer(pages, server.url, { room: ROOM, backend: 'js' });
    await call(volunteer, 'bare-channel.mjs#answerBare', null);
    const gamer = await openPage(pages, server.url);
    /** @type {Awaited<ReturnType<typeof import('../pages/echo.mjs').measureEcho>>} */
    const { perS, trips } = await call(gamer, 'echo.mjs#measureEcho', { room: ROOM, ...LOAD });

    const rate = (/** @type {number} */ tasksPerS) => ({
      note: `${tasksPerS.toFixed(0)} of ${perS.bare.toFixed(0)} /s`,
    });
    /** @param {typeof trips.task} task @param {'p50Ms' | 'p99Ms'} tail */
    const later = (task, tail) => ({
      note: `${task[tail].toFixed(2)} less ${trips.bare[tail].toFixed(2)} ms`,
    });
    const times = (/** @type {number} */ tasksPerS) => tasksPerS / perS.bare;
    const behind = (/** @type {typeof trips.task} */ task, /** @type {'p50Ms' | 'p99Ms'} */ tail) =>
      task[tail] - trips.bare[tail];
    return [
      figure('tasks one by one / bare channel', times(perS.single), 'x', { atLeast: 0.7, ...rate(perS.single) }),
      figure('in batches of 16 / bare channel', times(perS.batched), 'x', { atLeast: 2, ...rate(perS.batched) }),
      figure('bare channel with 16 in a message / bare channel', times(perS.coarse), 'x', rate(perS.coarse)),
      figure('one by one, cache off', times(perS.singleUncached), 'x', rate(perS.singleUncached)),
      figure('in batches of 16, cache off', times(perS.batchedUncached), 'x', rate(perS.batchedUncached)),
      figure('p50 later than bare', behind(trips.task, 'p50Ms'), 'ms', { below: 1, ...later(trips.task, 'p50Ms') }),
      figure('p99 later than bare', behind(trips.task, 'p99Ms'), 'ms', { below: 5, ...later(trips.task, 'p99Ms') }),
      figure('p50, cache off', behind(trips.taskUncached, 'p50Ms'), 'ms', later(trips.taskUncached, 'p50Ms')),
      figure('p99, cache off', behind(trips.taskUncached, 'p99Ms'), 'ms', later(trips.taskUncached, 'p99Ms')),
    ];
  },
};

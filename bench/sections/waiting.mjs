import { figure } from '../rows.mjs';

const TASKS = 1_000;
const HOUR_MS = 3_600_000;
/** A loop that looks once a frame, and is thought to be cheap. */
const POLL_MS = 16;

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'waiting',
  about: 'a thousand tasks wait an hour of virtual time for a volunteer: how often anybody wakes up to look',
  async run(context) {
    /** @type {typeof import('../../web/dispatch/test-scenarios.ts')} */
    const { wakeUpsWhileWaiting } = await context.load('web/dispatch/test-scenarios.ts');
    return [
      figure('wake-ups in an hour', await wakeUpsWhileWaiting(TASKS), '', {
        atMost: 0,
        note: `a loop that looks each ${POLL_MS} ms: ${HOUR_MS / POLL_MS}`,
      }),
    ];
  },
};

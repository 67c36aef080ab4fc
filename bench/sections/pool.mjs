import { figure } from '../rows.mjs';

/** Tasks for each volunteer, were they shared out evenly: "16 times the work" of one. */
const TASKS_EACH = 50;
const EQUAL = Array.from({ length: 16 }, () => 10);
const MIXED = Array.from({ length: 16 }, (_, index) => (index < 4 ? 10 : 80));

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'pool',
  about: 'sixteen volunteers with fixed service times under a virtual clock: beside the ideal, and beside round-robin',
  async run(context) {
    /** @type {typeof import('../../web/dispatch/test-scenarios.ts')} */
    const { idealMs, makespanMs, roundRobinMs } = await context.load('web/dispatch/test-scenarios.ts');
    const rows = [];
    for (const [name, pool] of /** @type {const} */ ([
      ['16 of 10 ms', EQUAL],
      ['4 of 10 ms and 12 of 80 ms', MIXED],
    ])) {
      const count = pool.length * TASKS_EACH;
      const [tookMs, inTurnMs] = [await makespanMs(pool, count), await roundRobinMs(pool, count)];
      const isEqual = pool === EQUAL;
      rows.push(
        figure(`${name}: part of the ideal`, idealMs(pool, count) / tookMs, '', {
          ...(isEqual && { atLeast: 0.95 }),
          note: `${count} tasks in ${Math.round(tookMs)} ms`,
        }),
        figure(`${name}: round-robin / ours`, inTurnMs / tookMs, 'x', isEqual ? {} : { atLeast: 2 }),
      );
    }
    return rows;
  },
};

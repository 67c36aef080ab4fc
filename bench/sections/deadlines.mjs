import { figure } from '../rows.mjs';

/** What the system once gave every task. */
const ONE_FOR_ALL_MS = 16;

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'deadlines',
  about: 'learned deadlines under a virtual clock: beside one timeout for everything, and beside no hedging',
  async run(context) {
    /** @type {typeof import('../../web/dispatch/test-scenarios.ts')} */
    const { deliveredWithin, stragglers } = await context.load('web/dispatch/test-scenarios.ts');
    const given = await deliveredWithin(undefined);
    const [alone, hedged] = [await stragglers(1), await stragglers(4)];
    return [
      figure('tasks of 40 ms that are delivered, of 100', given, '', {
        atLeast: 100,
        note: `with ${ONE_FOR_ALL_MS} ms for everything ${await deliveredWithin(ONE_FOR_ALL_MS)}`,
      }),
      figure('stragglers: p99 unhedged / hedged', alone.p99Ms / hedged.p99Ms, 'x', {
        above: 1,
        note: `${alone.p99Ms.toFixed(0)} and ${hedged.p99Ms.toFixed(0)} ms`,
      }),
      figure('stragglers: tasks run twice', hedged.duplicates / hedged.results, '', {
        atMost: 0.055,
        note: `${hedged.duplicates} of ${hedged.results}; 5 % and a burst of 4`,
      }),
    ];
  },
};

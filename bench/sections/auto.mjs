import { figure } from '../rows.mjs';

/** Service times here and at the volunteer, ms. A link to it takes 2 ms both ways. */
const CASES = /** @type {const} */ ([
  ['volunteer faster', 20, 5],
  ['local faster', 5, 20],
  ['equal', 10, 10],
  ['equal with the way', 10, 8],
]);
/** With time to spare, and when one machine alone has little of it. */
const GAPS_MS = [30, 12];

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'auto',
  about: "`where: 'auto'` under a virtual clock: p95 beside the better of forced local and forced volunteers",
  async run(context) {
    /** @type {typeof import('../../web/dispatch/test-scenarios.ts')} */
    const { latencyP95Ms } = await context.load('web/dispatch/test-scenarios.ts');
    const rows = [];
    for (const [name, localMs, volunteerMs] of CASES) {
      for (const gapMs of GAPS_MS) {
        const scenario = { localMs, volunteerMs, gapMs };
        const local = await latencyP95Ms({ ...scenario, where: 'local' });
        const volunteers = await latencyP95Ms({ ...scenario, where: 'volunteers' });
        const auto = await latencyP95Ms({ ...scenario, where: 'auto' });
        rows.push(
          figure(`${name}, a task each ${gapMs} ms: auto / better`, auto / Math.min(local, volunteers), 'x', {
            atMost: 1.1,
            note: `p95 ${auto.toFixed(1)} ms; local ${local.toFixed(1)}, volunteers ${volunteers.toFixed(1)} ms`,
          }),
        );
      }
    }
    return rows;
  },
};

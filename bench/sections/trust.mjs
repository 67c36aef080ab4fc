import { figure } from '../rows.mjs';

const VOLUNTEERS = 8;
const RESULTS = 500;

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'trust',
  about:
    'volunteers that cheat in 1, 10 and 100 % of their results: how many of those got through, and what checking costs',
  async run(context) {
    /** @type {typeof import('../trust/measure.ts')} */
    const { measureTrust } = await context.load('bench/trust/measure.ts');
    const { caught, costs } = await measureTrust(VOLUNTEERS, RESULTS);
    return [
      ...costs.map(({ type, share, checked, checkMs, workMs, wronged }) =>
        figure(`${type}: checks beside the work, trust settled`, 100 * share, '%', {
          atMost: 5,
          note: `one result in ${Math.round(1 / checked)} checked, ${checkMs.toFixed(1)} ms beside ${workMs.toFixed(0)} ms; honest ones barred: ${wronged}`,
        }),
      ),
      ...caught.flatMap((it) => {
        const who = `${it.type}, ${it.cheat} in ${100 * it.rate} %`;
        const isAll = it.rate === 1;
        return [
          figure(`${who}: wrong results delivered`, it.delivered / it.volunteers, 'a volunteer', {
            ...(isAll ? { atMost: 0 } : {}),
            note: `at most ${it.mostDelivered}; barred: ${it.barred} of ${it.volunteers}, half of them within ${it.medianResults} of ${RESULTS} results`,
          }),
          ...(isAll ? [figure(`${who}: wrong results until barred`, it.mostUntilBarred, '', { atMost: 2 })] : []),
        ];
      }),
    ];
  },
};

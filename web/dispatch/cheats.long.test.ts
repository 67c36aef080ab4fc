import { expect, test } from 'vitest';
import { seededRandom } from '../../shared/seeded-random.ts';
import { nextMacrotask } from '../compute/schedule.ts';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import { allWorks, doneAt, newVerifier, runCheat, verdictOn, type Work } from './test-cheats.ts';

// The real checks under the real policy over many results. Bounds are the counts of docs/trust.md, which are the same in each run.

const VOLUNTEERS = 8;
const RESULTS = 500;
const WORKS = allWorks();

const CHEATS = WORKS.flatMap((work) =>
  Object.keys(work.cheats).map((cheat) => ({ type: work.definition.type, cheat, work })),
);

/** What becomes of volunteers that cheat in this share of their results. */
async function cheated({ work, cheat }: { work: Work; cheat: string }, rate: number) {
  const delivered: number[] = [];
  let barred = 0;
  for (let seed = 1; seed <= VOLUNTEERS; seed++) {
    const outcome = await runCheat(work, cheat, { rate, results: RESULTS, seed });
    delivered.push(outcome.delivered);
    if (outcome.isBarred) barred++;
    // The test runner must be answered now and then.
    await nextMacrotask();
  }
  return { barred, meanDelivered: delivered.reduce((sum, count) => sum + count, 0) / VOLUNTEERS };
}

test.each(CHEATS)(
  'nearly all volunteers that cheat in a tenth of their results of $type ($cheat) are barred, after few that are delivered',
  async (one) => {
    const { barred, meanDelivered } = await cheated(one, 0.1);
    expect(barred).toBeGreaterThanOrEqual(VOLUNTEERS - 1);
    expect(meanDelivered).toBeLessThanOrEqual(11);
  },
);

test.each(CHEATS)(
  'of volunteers that cheat in a hundredth of their results of $type ($cheat) some are barred, and at most one result in a hundred is wrong',
  async (one) => {
    const { barred, meanDelivered } = await cheated(one, 0.01);
    expect(barred).toBeGreaterThanOrEqual(1);
    expect(meanDelivered).toBeLessThanOrEqual(0.01 * RESULTS);
  },
);

test.each(WORKS.map((work): { type: string; work: Work } => ({ type: work.definition.type, work })))(
  'an honest volunteer is not barred over many results of $type, and few of them are checked once it is trusted',
  async ({ type, work: { definition, done } }) => {
    const random = seededRandom(1);
    const trust = new VolunteerTrust(random);
    const verifier = newVerifier(random);
    let checkedLater = 0;
    for (let n = 0; n < 2 * RESULTS; n++) {
      if (!trust.isCheckDue('honest', type)) continue;
      const it = doneAt(done, n);
      expect(await verdictOn(verifier, definition, it, it.result)).toMatchObject({ kind: 'right' });
      trust.right('honest', type);
      if (n >= RESULTS) checkedLater++;
    }
    expect(checkedLater).toBeLessThanOrEqual(RESULTS / 30);
  },
);

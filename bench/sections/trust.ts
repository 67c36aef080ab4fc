import { seededRandom } from '../../shared/tasks/test-random.ts';
import { allWorks, doneAt, newVerifier, runCheat, verdictOn, type Work } from '../../web/dispatch/test-cheats.ts';
import { VolunteerTrust } from '../../web/net/volunteer-trust.ts';
import type { Section } from '../context.ts';
import { median, sum } from '../measuring.ts';
import { figure, type Row } from '../report.ts';

const VOLUNTEERS = 8;
const RESULTS = 500;
/** The share of a cheat's results that are wrong. */
const RATES = [0.01, 0.1, 1];

export const trust: Section = {
  name: 'trust',
  about: 'volunteers that cheat in 1, 10 and 100 % of their results: how many got through, and what checking costs',
  // The real checks under the real policy. Every number but the times is the same in each run.
  async run() {
    const [costs, caught]: [Row[], Row[]] = [[], []];
    // The first works take longer, since their code is not compiled yet.
    allWorks();
    for (const work of allWorks()) {
      costs.push(await honestRow(work));
      for (const cheat of Object.keys(work.cheats)) {
        for (const rate of RATES) caught.push(...(await cheatRows(work, cheat, rate)));
      }
    }
    return [...costs, ...caught];
  },
};

/** What checking an honest volunteer costs, over twice as many results: in the second half trust has settled. */
async function honestRow({ definition, done }: Work): Promise<Row> {
  const random = seededRandom(1);
  const trust = new VolunteerTrust(random);
  const verifier = newVerifier(random);
  const { type } = definition;
  let [barred, checked, settledChecks, settledMs] = [0, 0, 0, 0];
  for (let n = 0; n < 2 * RESULTS; n++) {
    if (!trust.isCheckDue('honest', type)) continue;
    const before = verifier.counts.checkedMs;
    const verdict = await verdictOn(verifier, definition, doneAt(done, n), doneAt(done, n).result);
    checked++;
    if (verdict.kind === 'right') trust.right('honest', type);
    else barred++;
    if (n < RESULTS) continue;
    settledChecks++;
    settledMs += verifier.counts.checkedMs - before;
  }
  const workMs = sum(done.map((it) => it.workMs)) / done.length;
  const checkMs = verifier.counts.checkedMs / checked;
  return figure(`${type}: time for checks / for the work, trust settled`, (100 * settledMs) / (RESULTS * workMs), '%', {
    atMost: 5,
    note: `one result in ${Math.round(RESULTS / settledChecks)} checked, ${checkMs.toFixed(1)} ms beside ${workMs.toFixed(0)} ms; honest ones barred: ${barred}`,
  });
}

async function cheatRows(work: Work, cheat: string, rate: number): Promise<Row[]> {
  const all: Awaited<ReturnType<typeof runCheat>>[] = [];
  for (let seed = 1; seed <= VOLUNTEERS; seed++) {
    all.push(await runCheat(work, cheat, { rate, results: RESULTS, seed }));
  }
  const delivered = all.map((one) => one.delivered);
  const barred = all.filter(({ isBarred }) => isBarred).length;
  const who = `${work.definition.type}, ${cheat} in ${100 * rate} %`;
  const note = `at most ${Math.max(...delivered)}; barred: ${barred} of ${VOLUNTEERS}, half of them within ${median(all.map(({ given }) => given))} of ${RESULTS} results`;
  const row = figure(`${who}: wrong results delivered`, sum(delivered) / VOLUNTEERS, 'a volunteer', {
    ...(rate === 1 && { atMost: 0 }),
    note,
  });
  if (rate < 1) return [row];
  // The one that is caught included.
  const untilBarred = Math.max(...all.map(({ wrong }) => wrong));
  return [row, figure(`${who}: wrong results until barred`, untilBarred, '', { atMost: 2 })];
}

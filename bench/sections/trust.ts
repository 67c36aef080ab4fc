import { systemClock } from '../../shared/clock.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { seededRandom } from '../../shared/tasks/test-random.ts';
import type { UpscaleParams } from '../../shared/tasks/upscale.ts';
import { type CheckedJob, Verifier } from '../../web/dispatch/result-checker.ts';
import { VolunteerTrust } from '../../web/net/volunteer-trust.ts';
import type { Section } from '../context.ts';
import { median, sum } from '../measuring.ts';
import { figure, type Row } from '../report.ts';
import { allWorks, type Done, upscaled, type Work } from '../trust/works.ts';

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
  for (let seed = 1; seed <= VOLUNTEERS; seed++) all.push(await runCheat(work, cheat, rate, seed));
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

async function runCheat({ definition, done, cheats }: Work, cheat: string, rate: number, seed: number) {
  const random = seededRandom(seed * 7_919);
  const trust = new VolunteerTrust(random);
  const verifier = newVerifier(random);
  const { type } = definition;
  let [given, wrong, delivered] = [0, 0, 0];
  while (given < RESULTS && !trust.isBarred('cheat')) {
    const it = doneAt(done, given);
    const other = doneAt(done, given + 1);
    given++;
    const isWrong = random() < rate;
    const result = isWrong ? cheats[cheat]?.(it.result, other.result, random) : it.result;
    if (isWrong) wrong++;
    if (!trust.isCheckDue('cheat', type)) {
      if (isWrong) delivered++;
      continue;
    }
    const verdict = await verdictOn(verifier, definition, it, result);
    if (verdict.kind === 'wrong') trust.wrong({ volunteerId: 'cheat', work: type, error: verdict.error });
    else {
      trust.right('cheat', type);
      if (isWrong) delivered++;
    }
  }
  return { given, wrong, delivered, isBarred: trust.isBarred('cheat') };
}

function doneAt(done: readonly Done[], n: number): Done {
  const it = done[n % done.length];
  if (!it) throw new Error('There is no work.');
  return it;
}

function verdictOn(verifier: Verifier<CheckedJob>, definition: Work['definition'], { task }: Done, result: unknown) {
  return verifier.check({ type: definition.type, definition, packed: task }, result, 'cheat');
}

function newVerifier(random: () => number): Verifier<CheckedJob> {
  return new Verifier<CheckedJob>({
    random,
    now: systemClock.now,
    after: systemClock.after,
    rest: async () => {},
    replicate: async () => {
      throw new Error('Nobody else is here to replicate it.');
    },
    compute: async (_type, task) => {
      const { image } = upscaled(task as PackedTask<UpscaleParams>);
      return { value: null, attachments: [new Uint8Array(image.data.buffer)] };
    },
  });
}

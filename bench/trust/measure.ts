import { systemClock } from '../../shared/clock.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { seededRandom } from '../../shared/tasks/test-random.ts';
import type { UpscaleParams } from '../../shared/tasks/upscale.ts';
import { type CheckedJob, Verifier } from '../../web/dispatch/result-checker.ts';
import { VolunteerTrust } from '../../web/net/volunteer-trust.ts';
import { allWorks, type Done, upscaled, type Work } from './works.ts';

export interface Caught {
  type: string;
  cheat: string;
  /** Of its results, how many are wrong. */
  rate: number;
  volunteers: number;
  barred: number;
  /** Wrong results that were delivered, of all volunteers, and those of the worst. */
  delivered: number;
  mostDelivered: number;
  /** Wrong results until it was barred, the caught one included: the most of any. */
  mostUntilBarred: number;
  /** Results, right and wrong, until it was barred: the middle one of the volunteers. */
  medianResults: number;
}

export interface Cost {
  type: string;
  workMs: number;
  checkMs: number;
  /** Checks of so many results, once trust has settled, and what they cost beside the work. */
  checked: number;
  share: number;
  /** Honest volunteers that were barred. */
  wronged: number;
}

const RATES = [0.01, 0.1, 1];

/** The real checks under the real policy. Every number but the times is the same at each run. */
export async function measureTrust(volunteers: number, results: number): Promise<{ caught: Caught[]; costs: Cost[] }> {
  const caught: Caught[] = [];
  const costs: Cost[] = [];
  for (const work of allWorks()) {
    costs.push(await costOf(work, results));
    for (const cheat of Object.keys(work.cheats)) {
      for (const rate of RATES) caught.push(await catchAll(work, cheat, rate, volunteers, results));
    }
  }
  return { caught, costs };
}

/** An honest volunteer, over twice as many results: the second half is when trust has settled. */
async function costOf({ definition, done }: Work, results: number): Promise<Cost> {
  const random = seededRandom(1);
  const trust = new VolunteerTrust(random);
  const verifier = verifierWith(random);
  const { type } = definition;
  let wronged = 0;
  let checked = 0;
  let [settledChecks, settledMs] = [0, 0];
  for (let n = 0; n < 2 * results; n++) {
    if (!trust.isCheckDue('honest', type)) continue;
    const before = verifier.counts.checkedMs;
    const verdict = await verdictOn(verifier, definition, doneAt(done, n), doneAt(done, n).result);
    checked++;
    if (verdict.kind === 'right') trust.right('honest', type);
    else wronged++;
    if (n < results) continue;
    settledChecks++;
    settledMs += verifier.counts.checkedMs - before;
  }
  const workMs = done.reduce((sum, it) => sum + it.workMs, 0) / done.length;
  const checkMs = verifier.counts.checkedMs / checked;
  return { type, workMs, checkMs, wronged, checked: settledChecks / results, share: settledMs / (results * workMs) };
}

async function catchAll(work: Work, cheat: string, rate: number, volunteers: number, results: number): Promise<Caught> {
  const all = [];
  for (let seed = 1; seed <= volunteers; seed++) all.push(await catchOne(work, cheat, rate, seed, results));
  const sorted = all.map(({ given }) => given).sort((a, b) => a - b);
  return {
    ...{ type: work.definition.type, cheat, rate, volunteers },
    barred: all.filter(({ isBarred }) => isBarred).length,
    delivered: all.reduce((sum, { delivered }) => sum + delivered, 0),
    mostDelivered: Math.max(...all.map(({ delivered }) => delivered)),
    mostUntilBarred: Math.max(...all.map(({ wrong }) => wrong)),
    medianResults: sorted[Math.floor(sorted.length / 2)] ?? 0,
  };
}

async function catchOne(
  { definition, done, cheats }: Work,
  cheat: string,
  rate: number,
  seed: number,
  results: number,
) {
  const random = seededRandom(seed * 7_919);
  const trust = new VolunteerTrust(random);
  const verifier = verifierWith(random);
  const { type } = definition;
  let [given, wrong, delivered] = [0, 0, 0];
  while (given < results && !trust.isBarred('cheat')) {
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
  if (!it) throw new Error('no work');
  return it;
}

function verdictOn(verifier: Verifier<CheckedJob>, definition: Work['definition'], { task }: Done, result: unknown) {
  return verifier.check({ type: definition.type, definition, packed: task }, result, 'cheat');
}

function verifierWith(random: () => number): Verifier<CheckedJob> {
  return new Verifier<CheckedJob>({
    random,
    now: systemClock.now,
    rest: async () => {},
    after: systemClock.after,
    replicate: async () => {
      throw new Error('there is nobody else here');
    },
    compute: async (_type, task) => {
      const { image } = upscaled(task as PackedTask<UpscaleParams>);
      return { value: null, attachments: [new Uint8Array(image.data.buffer)] };
    },
  });
}

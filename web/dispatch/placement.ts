import type { Job, Runner } from './job.ts';

/**
 * Why a job ran where it did: `asked` for by its `where`; the `only-choice`; predicted to be `sooner` than elsewhere; a `retry`
 * after an attempt that failed; a `hedge` beside one that was late or silent; an `exploration`, to learn what it takes there.
 */
export const PLACEMENTS = ['asked', 'only-choice', 'sooner', 'retry', 'hedge', 'exploration'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/** Results by where they came from and why it was run there. */
export type PlacementCounts = Record<'local' | 'volunteers', Record<Placement, number>>;

export function noPlacements(): PlacementCounts {
  const none = () => Object.fromEntries(PLACEMENTS.map((placement) => [placement, 0])) as Record<Placement, number>;
  return { local: none(), volunteers: none() };
}

/** Of a first attempt. */
export function placementOf({ where }: Job, candidates: readonly Runner[]): Placement {
  if (where !== 'auto') return 'asked';
  return candidates.length > 1 ? 'sooner' : 'only-choice';
}

/** Whoever is predicted to finish the job first, with the time others have reserved on each taken as spent; null without anybody. */
export function earliest(
  runners: readonly Runner[],
  job: Job,
  reservedMs: ReadonlyMap<Runner, number> = new Map(),
): Runner | null {
  let best: Runner | null = null;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const runner of runners) {
    const predictedMs = runner.predictMs(job) + (reservedMs.get(runner) ?? 0);
    if (predictedMs < bestMs) {
      best = runner;
      bestMs = predictedMs;
    }
  }
  return best;
}

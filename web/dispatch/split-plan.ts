import type { TaskSplit } from '../../shared/tasks/definition.ts';
import { describeTask, type Job, type Runner } from './job.ts';
import { earliest } from './placement.ts';
import { TASKS } from './tuning.ts';

export interface SplitPlan {
  jobs: Job[];
  merge: TaskSplit<unknown>['merge'];
}

/**
 * The parts in which a job is predicted to be done first by these runners together; null where it is done about as soon in one.
 * Parts are about equal, and a faster runner is given more of them.
 */
export function planSplit(job: Job, runners: readonly Runner[], nowMs: number): SplitPlan | null {
  const { definition } = job;
  if (!definition.split || runners.length < 2) return null;
  const wholeMs = finishMs([job], runners);
  if (wholeMs < TASKS.minSplitMs) return null;
  let best: SplitPlan | null = null;
  let bestMs = wholeMs * TASKS.splitBelow;
  for (const each of TASKS.partsPerRunner) {
    const { tasks, merge } = definition.split(job.packed, Math.min(TASKS.maxParts, each * runners.length));
    if (tasks.length < 2) return best;
    const { where, priority, deadlineMs } = job;
    const jobs = tasks.map((task) => ({
      ...describeTask(definition, task),
      ...{ where, priority, deadlineMs, submittedMs: nowMs },
    }));
    const predictedMs = finishMs(jobs, runners);
    if (predictedMs >= bestMs) continue;
    best = { jobs, merge };
    bestMs = predictedMs;
  }
  return best;
}

/** From now to the end of the last, shared out as the dispatcher does it: each to whoever is done with it first. */
function finishMs(jobs: readonly Job[], runners: readonly Runner[]): number {
  const reservedMs = new Map<Runner, number>();
  let lastMs = 0;
  for (const job of jobs) {
    const runner = earliest(runners, job, reservedMs);
    if (!runner) return Number.POSITIVE_INFINITY;
    const beforeMs = reservedMs.get(runner) ?? 0;
    lastMs = Math.max(lastMs, beforeMs + runner.predictMs(job));
    reservedMs.set(runner, beforeMs + runner.workMs(job));
  }
  return lastMs;
}

import type { Clock } from '../../../shared/clock.ts';
import { PROGRESS_INTERVAL_MS } from '../models/model-source.ts';
import type { TaskSlot } from '../schedule.ts';

/**
 * How long, ms, others wait for a run before they go on beside it. Most runs are over by then, and tasks that arrive meanwhile make up the next
 * batch; frames wait no longer than for a part of a large task.
 */
const HELD_MS = 25;

/** The most that a run may be reported to have done by a guess: its end is not known. */
const MOST_GUESSED_SHARE = 0.95;

interface WaitingForRun extends Clock {
  slot: TaskSlot;
  /** Null where nothing is known. */
  expectedMs: number | null;
  /** Called about ten times a second with the share of the run that is probably done. */
  onShare(share: number): void;
}

/** Waits for a run in another worker, or on a GPU, and lets others have the machine if it takes long. */
export async function waitForRun<T>(
  run: Promise<T>,
  { now, after, slot, expectedMs, onShare }: WaitingForRun,
): Promise<T> {
  const startMs = now();
  let stopTimer = () => {};
  const isLong = new Promise<boolean>((resolve) => {
    stopTimer = after(HELD_MS, () => resolve(true));
  });
  const isOver = run.then(
    () => false,
    () => false,
  );
  const mustLeave = await Promise.race([isOver, isLong]);
  stopTimer();
  if (!mustLeave) return run;
  const report = () => {
    const share = expectedMs === null ? 0 : (now() - startMs) / expectedMs;
    onShare(Math.min(share, MOST_GUESSED_SHARE));
    stopTimer = after(PROGRESS_INTERVAL_MS, report);
  };
  stopTimer = after(PROGRESS_INTERVAL_MS, report);
  try {
    return await slot.leave(run);
  } finally {
    stopTimer();
  }
}

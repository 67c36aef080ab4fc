/** First wait before an element that could not be taken is tried again, ms: a canvas gets its context a moment later. */
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 600_000;

/**
 * How long to wait, ms, before an element that `attach` refused with `bad-input` is tried again: the reason may pass. Twice as long each time, up to ten
 * minutes.
 *
 * @param lastWaitMs - the wait before the attempt that failed; 0 if it was the first
 */
export function nextAttachWaitMs(lastWaitMs: number): number {
  return Math.min(Math.max(2 * lastWaitMs, FIRST_WAIT_MS), MAX_WAIT_MS);
}

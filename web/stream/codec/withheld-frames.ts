/** How often a frame must come only by a flush: once may be a slow start. */
const NEEDED_PROOFS = 3;
/** How soon after a flush it must come, as a share of the time in which it did not come by itself: a slow frame would need about as long again. */
const QUICK = 1 / 2;

/** A coder, or an encoder and the decoder behind it, that is given one frame at a time. */
export interface LiveTrial {
  /** Gives it a frame that needs none before it; resolves when its result comes. Rejects when it fails. */
  give(): Promise<unknown>;
  /** Makes it give out what it holds. */
  flush(): Promise<unknown>;
}

/**
 * Whether a codec withholds frames: that it gives none out until many more have come in, or it is flushed. Firefox's H.264 holds 41 on Linux, so a live
 * stream of it stands still. A machine that is only slow is told apart: there a frame takes as long after the flush as before it, and
 * a later frame, for which everything is started, comes by itself. Rejects when the codec fails.
 *
 * @param waitMs - for a frame that comes by itself, at most
 * @param after - a timer; resolves after so many ms
 */
export async function withholdsFrames(
  trial: LiveTrial,
  waitMs: number,
  after: (ms: number) => Promise<unknown>,
): Promise<boolean> {
  for (let proof = 0; proof < NEEDED_PROOFS; proof++) {
    const result = trial.give().then(() => 'result' as const);
    // Raced below; it must not count as unhandled meanwhile.
    result.catch(() => {});
    if ((await Promise.race([result, after(waitMs).then(() => 'late' as const)])) === 'result') return false;
    const flushed = trial.flush();
    flushed.catch(() => {});
    const quick = await Promise.race([result, after(QUICK * waitMs).then(() => 'late' as const)]);
    await flushed;
    if (quick === 'late') return false;
  }
  return true;
}

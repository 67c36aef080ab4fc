import { RecentMedian } from '../rolling-statistics.ts';
import { GOVERNOR } from '../tuning.ts';

/** Frames until the median of what is between them counts. */
const ENOUGH = 5;

/**
 * What one frame may take, from how the source gives frames and how they come here. A gamer may send fewer than its source gives: over
 * a narrow way, or to several volunteers in turn. Where they come rarely though they are made quickly, there is more time for each.
 * Where they come rarely since each takes long, they come right after one another, and it is the source's pace that counts.
 */
export class FramePace {
  readonly #sourceMs = new RecentMedian();
  readonly #arrivalMs = new RecentMedian();
  #last: { frameId: number; capturedMs: number; arrivedMs: number } | null = null;
  #frames = 0;
  /** Of the source, at its fastest: what the work itself slows down must not be taken for a slower source. */
  #fastestMs: number = GOVERNOR.longestIntervalMs;

  /** @param capturedMs - on the source's clock. */
  frame(frameId: number, capturedMs: number, arrivedMs: number): void {
    const last = this.#last;
    this.#last = { frameId, capturedMs, arrivedMs };
    if (!last || frameId <= last.frameId) return;
    this.#frames++;
    // Frames that were never sent leave gaps in the numbers.
    this.#sourceMs.add((capturedMs - last.capturedMs) / (frameId - last.frameId));
    this.#arrivalMs.add(arrivedMs - last.arrivedMs);
    if (this.#frames >= ENOUGH) this.#fastestMs = Math.min(this.#fastestMs, this.#sourceMs.value ?? this.#fastestMs);
  }

  /** Of a machine that works for others: @param fps - what the source may give at most. */
  budgetMs(fps: number): number {
    const arrivalMs = this.#frames < ENOUGH ? 0 : (this.#arrivalMs.value ?? 0);
    return Math.max(GOVERNOR.share * this.#sourceIntervalMs(fps), GOVERNOR.sparseShare * counted(arrivalMs));
  }

  /** Of the machine that makes the source's frames as well. */
  localBudgetMs(fps: number): number {
    return GOVERNOR.localShare * this.#sourceIntervalMs(fps);
  }

  #sourceIntervalMs(fps: number): number {
    return counted(Math.max(1000 / fps, this.#frames < ENOUGH ? 0 : this.#fastestMs));
  }
}

function counted(intervalMs: number): number {
  return Math.min(intervalMs, GOVERNOR.longestIntervalMs);
}

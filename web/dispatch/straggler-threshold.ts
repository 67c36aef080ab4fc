import type { Job } from './job.ts';
import { RecentQuantile } from './recent-quantile.ts';
import { TASKS } from './tuning.ts';

/** Keeps predictions of next to nothing from being divided by; about the resolution of a browser's timers. */
const GRAIN_MS = 1;

/**
 * When a job on one runner is late: past the 95th percentile of how jobs of its kind went there, measured against what was
 * predicted for each, so that large and small ones, and those behind a backlog, can be compared.
 */
export class StragglerThreshold {
  readonly #ratios = new Map<string, RecentQuantile>();

  /** From its start, ms. */
  lateAfterMs({ kind, firstDeadlineMs }: Job, predictedMs: number): number {
    const ratios = this.#ratios.get(kind);
    // Nothing measured yet: a prediction beyond the first deadline is still to be waited for.
    if (!ratios || ratios.count < TASKS.minLatenessSamples) return Math.max(firstDeadlineMs, predictedMs);
    // A grain beyond it, or a runner that always takes equally long would always be late.
    return Math.max(TASKS.minLateMs, ratios.value * (predictedMs + GRAIN_MS) + GRAIN_MS);
  }

  learn(kind: string, predictedMs: number, elapsedMs: number): void {
    let ratios = this.#ratios.get(kind);
    if (!ratios) {
      ratios = new RecentQuantile(TASKS.lateQuantile, TASKS.latenessWindow, TASKS.latenessRefresh);
      this.#ratios.set(kind, ratios);
    }
    ratios.add(elapsedMs / (predictedMs + GRAIN_MS));
  }
}

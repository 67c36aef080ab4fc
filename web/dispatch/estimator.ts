import { TASKS } from '../../shared/tuning.ts';
import type { Job } from './job.ts';

/** How one attempt spent its time, for learning from. */
export interface Sample {
  job: Job;
  computeMs: number;
  /** From handing it over to having the result, less queue and compute. */
  transferMs: number;
  /** Bytes of this and of all that was on its way before it. */
  bytesInFlight: number;
}

/**
 * What running a task on one machine takes: a fixed part (the round trip), a part by bytes, and a part by cost, each an
 * exponentially weighted mean of what was seen, starting from what the machine measured of itself.
 */
export class Estimator {
  readonly #msPerUnit = new Map<string, number>();
  readonly #measuredTypes = new Set<string>();
  #bytesPerMs: number = TASKS.assumedBytesPerMs;
  #isRateMeasured = false;
  #fixedMs: number;

  /** @param fixedMs - before it is measured. */
  constructor(fixedMs: number) {
    this.#fixedMs = fixedMs;
  }

  /** What the machine says of itself; what was seen here counts for more. */
  announce(backends: Record<string, { unitsPerMs: number }>): void {
    for (const [type, { unitsPerMs }] of Object.entries(backends)) {
      if (!this.#measuredTypes.has(type) && unitsPerMs > 0) this.#msPerUnit.set(type, 1 / unitsPerMs);
    }
  }

  /** The link's own round trip, where something measures it. */
  setRtt(rttMs: number): void {
    this.#fixedMs = rttMs;
  }

  computeMs({ type, cost }: Job): number {
    return cost * (this.#msPerUnit.get(type) ?? 0);
  }

  /** @param bytesBefore - of what is on its way already. */
  transferMs({ bytesOut, bytesIn }: Job, bytesBefore: number): number {
    return this.#fixedMs + (bytesBefore + bytesOut + bytesIn) / this.#bytesPerMs;
  }

  /** What it adds to the wait of those behind it: transfers and computing overlap, so the slower of the two. */
  workMs(job: Job): number {
    return Math.max(this.computeMs(job), (job.bytesOut + job.bytesIn) / this.#bytesPerMs);
  }

  learn({ job, computeMs, transferMs, bytesInFlight }: Sample): void {
    if (job.cost > 0) {
      const sample = computeMs / job.cost;
      const known = this.#measuredTypes.has(job.type) ? this.#msPerUnit.get(job.type) : undefined;
      this.#msPerUnit.set(job.type, smoothed(known, sample));
      this.#measuredTypes.add(job.type);
    }
    // Small tasks say nothing of the rate: their time is the round trip.
    if (bytesInFlight < TASKS.minRateSampleBytes) return;
    const rate = bytesInFlight / Math.max(transferMs - this.#fixedMs, MIN_TRANSFER_MS);
    this.#bytesPerMs = smoothed(this.#isRateMeasured ? this.#bytesPerMs : undefined, rate);
    this.#isRateMeasured = true;
  }
}

/** Below the resolution of a browser's clock nothing can be divided by. */
const MIN_TRANSFER_MS = 0.1;

function smoothed(known: number | undefined, sample: number): number {
  return known === undefined ? sample : known + TASKS.estimateSmoothing * (sample - known);
}

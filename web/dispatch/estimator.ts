import type { Job } from './job.ts';
import { ServiceModel } from './service-model.ts';
import { TASKS } from './tuning.ts';

/** How one attempt spent its time, for learning from. */
export interface Sample {
  job: Job;
  /** Of all that follows, what the machine says of itself is bounded by what was seen. */
  elapsedMs: number;
  computeMs: number;
  /** In the machine's own queue. */
  queueMs: number;
  /** What was predicted of that. */
  backlogMs: number;
  /** From handing it over to having the result, less queue and compute. */
  transferMs: number;
  /** Bytes of this and of all that was on its way before it. */
  bytesInFlight: number;
}

/**
 * What running a task on one machine takes: the round trip, a part by bytes, what its {@link ServiceModel} says of the kind and cost,
 * and what others have of the machine. Learned from what was seen, starting from what it measured of itself.
 */
export class Estimator {
  readonly #now: () => number;
  readonly #services = new Map<string, ServiceModel>();
  readonly #measuredAtMs = new Map<string, number>();
  #bytesPerMs: number = TASKS.assumedBytesPerMs;
  #isRateMeasured = false;
  #fixedMs: number;
  /** Part of our own work there that is not done side by side: below 1 on a machine that overlaps tasks. */
  #inTurn = 1;
  /** What tasks took beyond all that our own work explains: others' work, or a machine that says less than it takes. */
  #waitMs = 0;
  #waitedAtMs = Number.NEGATIVE_INFINITY;

  /** @param fixedMs - before it is measured. */
  constructor(fixedMs: number, now: () => number) {
    this.#fixedMs = fixedMs;
    this.#now = now;
  }

  /** What the machine says of itself; what was seen here counts for more. */
  announce(backends: Record<string, { unitsPerMs: number }>): void {
    for (const [kind, { unitsPerMs }] of Object.entries(backends)) {
      if (unitsPerMs > 0 && !this.#measuredAtMs.has(kind)) this.#services.set(kind, new ServiceModel(1 / unitsPerMs));
    }
  }

  /** The link's own round trip, where something measures it. */
  setRtt(rttMs: number): void {
    this.#fixedMs = rttMs;
  }

  measuredAtMs(kind: string): number | null {
    return this.#measuredAtMs.get(kind) ?? null;
  }

  /** With the machine to ourselves. A kind of which nothing is known is taken to go like the rest of its type. */
  computeMs({ type, kind, cost }: Job): number {
    return (this.#services.get(kind) ?? this.#services.get(type))?.predictMs(cost) ?? 0;
  }

  /** Queue and compute of a job behind so much of our own, with others there as lately. What was seen of them fades. */
  serviceMs(job: Job, backlogMs: number): number {
    return this.#inTurn * (backlogMs + this.computeMs(job)) + this.#expectedWaitMs();
  }

  /** @param bytesBefore - of what is on its way already. */
  transferMs({ bytesOut, bytesIn }: Job, bytesBefore: number): number {
    return this.#fixedMs + (bytesBefore + bytesOut + bytesIn) / this.#bytesPerMs;
  }

  /** What it adds to the wait of those behind it: transfers and computing overlap, so the slower of the two. */
  workMs(job: Job): number {
    return Math.max(this.#inTurn * this.computeMs(job), (job.bytesOut + job.bytesIn) / this.#bytesPerMs);
  }

  learn({ job, elapsedMs, computeMs, queueMs, backlogMs, transferMs, bytesInFlight }: Sample): void {
    const nowMs = this.#now();
    const ownMs = backlogMs + computeMs;
    this.#learnOverlap(queueMs + computeMs, ownMs);
    this.#learnWait(elapsedMs - this.transferMs(job, bytesInFlight) - this.#inTurn * ownMs);
    const sinceLastMs = nowMs - (this.#measuredAtMs.get(job.kind) ?? nowMs);
    this.#service(job.kind).learn(job.cost, computeMs, sinceLastMs);
    this.#measuredAtMs.set(job.kind, nowMs);
    // Small tasks say nothing of the rate: their time is the round trip.
    if (bytesInFlight < TASKS.minRateSampleBytes) return;
    const rate = bytesInFlight / Math.max(transferMs - this.#fixedMs, MIN_MS);
    this.#bytesPerMs = this.#isRateMeasured ? smoothed(this.#bytesPerMs, rate) : rate;
    this.#isRateMeasured = true;
  }

  #learnOverlap(tookMs: number, ownMs: number): void {
    const sample = Math.min(1, (tookMs + MIN_MS) / (ownMs + MIN_MS));
    this.#inTurn = smoothed(this.#inTurn, Math.max(TASKS.minInTurn, sample));
  }

  #learnWait(unexplainedMs: number): void {
    this.#waitMs = smoothed(this.#expectedWaitMs(), Math.max(0, unexplainedMs));
    this.#waitedAtMs = this.#now();
  }

  #expectedWaitMs(): number {
    if (this.#waitMs === 0) return 0;
    return this.#waitMs * Math.exp((this.#waitedAtMs - this.#now()) / TASKS.waitFadesMs);
  }

  #service(kind: string): ServiceModel {
    let service = this.#services.get(kind);
    if (!service) {
      service = new ServiceModel(0);
      this.#services.set(kind, service);
    }
    return service;
  }
}

/** Times below this are the clock's grain and the event loop's; nothing can be divided by them. */
const MIN_MS = 1;

function smoothed(known: number, sample: number): number {
  return known + TASKS.estimateSmoothing * (sample - known);
}

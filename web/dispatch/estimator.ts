import type { Job } from './job.ts';

/** How quickly predictions follow what is measured. */
export const ESTIMATOR = {
  /** Weight of the newest sample: follows a machine that became busy within some five tasks. */
  smoothing: 0.2,
  /** Without samples, what was learned loses two thirds of its weight in this time: machines change what else they do within seconds. */
  forgetAfterMs: 5_000,
  /** Costs must differ by this ratio before a fixed part of the time can be told from a part proportional to cost. */
  minCostSpread: 0.1,
  /** Least part of its tasks that a machine is taken to run one after another: it overlaps a few of them, not many. */
  minSequentialPart: 0.25,
  /** Time constant with which an observed wait behind other work is forgotten: a game's load lasts for seconds. */
  waitFadesMs: 5_000,
  /** Link speed before it is measured: between loopback, 30,000 bytes/ms, and a home uplink, 2,000. */
  assumedBytesPerMs: 5_000,
  /** The transfer time of fewer bytes than this is dominated by the round trip and says nothing about the link's speed. */
  minRateSampleBytes: 64 * 1024,
} as const;

/** The resolution of clocks and the event loop; shorter times cannot be divided by. */
const MIN_MS = 1;

/**
 * How long one machine computes tasks of one kind: ms = a + b * cost, by least squares over what was seen, the newest counting most
 * (exponential forgetting; weighted means and covariances as in West 1979, "Updating mean and variance estimates").
 */
export class ServiceModel {
  readonly #priorMsPerUnit: number;
  #weight = 0;
  #meanCost = 0;
  #meanMs = 0;
  #variance = 0;
  #covariance = 0;

  /** @param priorMsPerUnit - used until something was measured. */
  constructor(priorMsPerUnit: number) {
    this.#priorMsPerUnit = priorMsPerUnit;
  }

  predictMs(cost: number): number {
    if (this.#weight === 0) return cost * this.#priorMsPerUnit;
    return Math.max(0, this.#meanMs + this.#msPerUnit() * (cost - this.#meanCost));
  }

  /** @param sinceLastMs - time since the previous sample: older knowledge weighs less. */
  learn(cost: number, ms: number, sinceLastMs = 0): void {
    const remembered = this.#weight * Math.exp(-sinceLastMs / ESTIMATOR.forgetAfterMs);
    // A mean of all samples until the window is full, then of the newest.
    this.#weight = Math.min(remembered + 1, 1 / ESTIMATOR.smoothing);
    const share = 1 / this.#weight;
    const costStep = cost - this.#meanCost;
    const msStep = ms - this.#meanMs;
    this.#meanCost += share * costStep;
    this.#meanMs += share * msStep;
    this.#variance = (1 - share) * (this.#variance + share * costStep * costStep);
    this.#covariance = (1 - share) * (this.#covariance + share * costStep * msStep);
  }

  /** The slope b. As far as the costs hardly differ, time is taken to be proportional to cost. The fixed part is never negative. */
  #msPerUnit(): number {
    if (this.#meanCost <= 0) return 0;
    const proportional = this.#meanMs / this.#meanCost;
    const doubt = (ESTIMATOR.minCostSpread * this.#meanCost) ** 2;
    const fitted = (this.#covariance + doubt * proportional) / (this.#variance + doubt);
    return Math.min(Math.max(0, fitted), proportional);
  }
}

/** How one attempt spent its time. What the machine reports about itself is bounded by what was observed. */
export interface Sample {
  job: Job;
  elapsedMs: number;
  computeMs: number;
  /** Time in the machine's own queue. */
  queueMs: number;
  /** Predicted compute time of our own jobs ahead of it. */
  backlogMs: number;
  /** The elapsed time less queue and compute. */
  transferMs: number;
  /** Bytes of this job and of all that were under way when it was sent. */
  bytesInFlight: number;
}

/**
 * Predicts how long a job takes on one machine: the round trip, the transfer, the compute time of its {@link ServiceModel} and the
 * wait behind others' work. Starts from the speeds the machine reports and learns from every attempt.
 */
export class Estimator {
  readonly #now: () => number;
  readonly #services = new Map<string, ServiceModel>();
  readonly #measuredAtMs = new Map<string, number>();
  #bytesPerMs: number = ESTIMATOR.assumedBytesPerMs;
  #isRateMeasured = false;
  #rttMs: number;
  /** Part of our own jobs that the machine runs one after another: below 1 on a machine that overlaps jobs. */
  #sequentialPart = 1;
  /** Time that our own jobs do not explain: others' work, or a machine that reports less time than it takes. */
  #waitMs = 0;
  #waitedAtMs = Number.NEGATIVE_INFINITY;

  /** @param rttMs - the round trip until it is measured. */
  constructor(rttMs: number, now: () => number) {
    this.#rttMs = rttMs;
    this.#now = now;
  }

  /** Takes the speeds that the machine reports, for all kinds that were not measured here, in place of those that it reported before. */
  announce(backends: Record<string, { unitsPerMs: number }>): void {
    for (const kind of this.#services.keys()) if (!this.#measuredAtMs.has(kind)) this.#services.delete(kind);
    for (const [kind, { unitsPerMs }] of Object.entries(backends)) {
      if (unitsPerMs > 0 && !this.#measuredAtMs.has(kind)) this.#services.set(kind, new ServiceModel(1 / unitsPerMs));
    }
  }

  setRtt(rttMs: number): void {
    this.#rttMs = rttMs;
  }

  /** When a job of this kind last ended; null: never. */
  measuredAtMs(kind: string): number | null {
    return this.#measuredAtMs.get(kind) ?? null;
  }

  /** Compute time on the idle machine. An unknown kind is taken to be as fast as its type. */
  computeMs({ type, kind, cost }: Job): number {
    return (this.#services.get(kind) ?? this.#services.get(type))?.predictMs(cost) ?? 0;
  }

  /** Queue and compute time of a job behind `backlogMs` of our own, with as much other work as was seen lately. */
  serviceMs(job: Job, backlogMs: number): number {
    return this.#sequentialPart * (backlogMs + this.computeMs(job)) + this.#expectedWaitMs();
  }

  /** @param bytesBefore - bytes already under way. */
  transferMs({ bytesOut, bytesIn }: Job, bytesBefore: number): number {
    return this.#rttMs + (bytesBefore + bytesOut + bytesIn) / this.#bytesPerMs;
  }

  /** How much the job delays those behind it. Transfers and computing overlap, so the slower of the two counts. */
  workMs(job: Job): number {
    return Math.max(this.#sequentialPart * this.computeMs(job), (job.bytesOut + job.bytesIn) / this.#bytesPerMs);
  }

  learn({ job, elapsedMs, computeMs, queueMs, backlogMs, transferMs, bytesInFlight }: Sample): void {
    const nowMs = this.#now();
    const ownMs = backlogMs + computeMs;
    this.#learnOverlap(queueMs + computeMs, ownMs);
    this.#learnWait(elapsedMs - this.transferMs(job, bytesInFlight) - this.#sequentialPart * ownMs);
    const sinceLastMs = nowMs - (this.#measuredAtMs.get(job.kind) ?? nowMs);
    this.#service(job.kind).learn(job.cost, computeMs, sinceLastMs);
    this.#measuredAtMs.set(job.kind, nowMs);
    if (bytesInFlight < ESTIMATOR.minRateSampleBytes) return;
    const bytesPerMs = bytesInFlight / Math.max(transferMs - this.#rttMs, MIN_MS);
    this.#bytesPerMs = this.#isRateMeasured ? smoothed(this.#bytesPerMs, bytesPerMs) : bytesPerMs;
    this.#isRateMeasured = true;
  }

  #learnOverlap(tookMs: number, ownMs: number): void {
    const sample = Math.min(1, (tookMs + MIN_MS) / (ownMs + MIN_MS));
    this.#sequentialPart = smoothed(this.#sequentialPart, Math.max(ESTIMATOR.minSequentialPart, sample));
  }

  #learnWait(unexplainedMs: number): void {
    this.#waitMs = smoothed(this.#expectedWaitMs(), Math.max(0, unexplainedMs));
    this.#waitedAtMs = this.#now();
  }

  #expectedWaitMs(): number {
    if (this.#waitMs === 0) return 0;
    return this.#waitMs * Math.exp((this.#waitedAtMs - this.#now()) / ESTIMATOR.waitFadesMs);
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

function smoothed(known: number, sample: number): number {
  return known + ESTIMATOR.smoothing * (sample - known);
}

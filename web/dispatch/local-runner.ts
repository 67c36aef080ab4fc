import { MeshError } from '../../shared/errors.ts';
import type { PackedResult, PackedTask, ReportListener } from '../../shared/tasks/definition.ts';
import type { EarlyEnd } from './answer-stream.ts';
import { Estimator } from './estimator.ts';
import type { AttemptResult, Job, Outcome, Runner } from './job.ts';
import { StragglerThreshold } from './straggler-threshold.ts';

const LOCAL = {
  /** Jobs given to the engine at a time: the second hides the delay of a message to the engine's worker. */
  maxUnderWay: 2,
  /** Added to every prediction, ms: a task run locally competes with the game itself. */
  penaltyMs: 1,
} as const;

/** The compute engine of this machine; in the SDK it lives in a worker. */
export interface LocalEngine {
  /** Backend and speed by kind of job. The first call measures them, which takes seconds. */
  backends(): Promise<Record<string, { backend: string; unitsPerMs: number }>>;
  execute(
    callId: number,
    type: string,
    packed: PackedTask,
    onProgress?: ReportListener,
  ): Promise<PackedResult & { backend: string; computeMs: number }>;
  cancel(callId: number): void;
}

/** This machine as a runner. The engine computes one job at a time; one more waits there. */
export class LocalRunner implements Runner {
  readonly id = 'local';
  readonly isAccepting = true;
  readonly isSilent = false;
  readonly #engine: LocalEngine;
  readonly #now: () => number;
  readonly #onRoom: () => void;
  readonly #estimator: Estimator;
  readonly #stragglers = new StragglerThreshold();
  /** Call ids by job. */
  readonly #running = new Map<Job, number>();
  /** Null until the machine is measured. */
  #types: ReadonlySet<string> | null = null;
  #isMeasuring = false;
  #error: MeshError | null = null;
  #nextCallId = 0;
  #backlogMs = 0;

  /** @param onRoom - the machine was measured, or takes another job. */
  constructor(engine: LocalEngine, now: () => number, onRoom: () => void) {
    this.#engine = engine;
    this.#now = now;
    this.#onRoom = onRoom;
    this.#estimator = new Estimator(LOCAL.penaltyMs, now);
  }

  /** Why nothing can run here; null unless measuring failed. */
  get error(): MeshError | null {
    return this.#error;
  }

  get hasCapacity(): boolean {
    return this.#running.size < LOCAL.maxUnderWay;
  }

  /** Starts measuring the machine, unless that was done. `onRoom` is called when jobs can run. */
  prepare(): void {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    this.#error = null;
    this.#engine
      .backends()
      .then((backends) => {
        this.#estimator.announce(backends);
        this.#types = new Set(Object.keys(backends));
      })
      .catch((cause: unknown) => {
        this.#error = MeshError.from(cause, 'device-lost');
        // The next job tries again.
        this.#isMeasuring = false;
      })
      .finally(() => this.#onRoom());
  }

  can(type: string): boolean {
    return this.#types?.has(type) ?? false;
  }

  /** False once it is known that this machine cannot run the type. */
  couldRunLater(type: string): boolean {
    return this.#error === null && (this.#types === null || this.#types.has(type));
  }

  predictMs(job: Job): number {
    return LOCAL.penaltyMs + this.#estimator.serviceMs(job, this.#backlogMs);
  }

  workMs(job: Job): number {
    return this.#estimator.serviceMs(job, 0);
  }

  lateAfterMs(job: Job): number {
    return this.#stragglers.lateAfterMs(job, this.predictMs(job));
  }

  measuredAtMs(kind: string): number | null {
    return this.#estimator.measuredAtMs(kind);
  }

  isRunning(kind: string): boolean {
    for (const job of this.#running.keys()) if (job.kind === kind) return true;
    return false;
  }

  start(job: Job, onOutcome: (outcome: Outcome<AttemptResult>) => void): void {
    const callId = this.#nextCallId++;
    const predictedMs = this.predictMs(job);
    const workMs = this.#estimator.computeMs(job);
    const backlogMs = this.#backlogMs;
    const startedMs = this.#now();
    this.#backlogMs += workMs;
    this.#running.set(job, callId);
    let isSettled = false;
    const settle = (outcome: Outcome<AttemptResult>) => {
      if (isSettled) return;
      isSettled = true;
      this.#backlogMs = Math.max(0, this.#backlogMs - workMs);
      const isWanted = this.#running.get(job) === callId;
      if (isWanted) this.#running.delete(job);
      if (isWanted) onOutcome(outcome);
      this.#onRoom();
    };
    const onEarlyEnd = (earlyEnd: EarlyEnd) => {
      this.#engine.cancel(callId);
      settle(earlyEnd);
    };
    const attempt = job.answerStream?.begin({ runnerId: this.id, onEarlyEnd });
    const onReport: ReportListener = (report) =>
      report.stage === 'speaking' ? attempt?.onReport(report) : job.onProgress?.(report);
    const listener = attempt || job.onProgress ? onReport : undefined;
    this.#engine.execute(callId, job.type, (attempt ?? job).packed, listener).then(
      ({ value, attachments, backend, computeMs }) => {
        // Its attempt was cut off, and this result crossed the cancel.
        if (isSettled) return;
        const earlyEnd = attempt?.finish(value);
        if (earlyEnd) return settle(earlyEnd);
        const elapsedMs = this.#now() - startedMs;
        const queueMs = Math.max(0, elapsedMs - computeMs);
        this.#estimator.learn({ job, computeMs, queueMs, backlogMs, transferMs: 0, bytesInFlight: 0, elapsedMs });
        this.#stragglers.learn(job.kind, predictedMs, elapsedMs);
        settle({ kind: 'done', result: { packed: { value, attachments }, backend, queueMs, computeMs } });
      },
      (cause: unknown) => {
        const error = MeshError.from(cause, 'device-lost');
        settle(error.reason === 'device-lost' ? { kind: 'returned' } : { kind: 'failed', error });
      },
    );
  }

  cancel(job: Job): void {
    const callId = this.#running.get(job);
    if (callId === undefined) return;
    this.#running.delete(job);
    this.#engine.cancel(callId);
  }
}

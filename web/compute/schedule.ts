import { MeshError } from '../../shared/errors.ts';
import { FairQueue, type Taken } from './fair-queue.ts';

/** Time slice, ms: how long work on the processor runs before it yields to the event loop. Half a frame at 60 frames a second. */
export const SLICE_MS = 8;

/** Wait, ms, after which a task runs before frames: a quarter of the shortest task deadline, and one late frame in ten at 60 frames a second. */
export const MAX_TASK_WAIT_MS = 150;

/** Tasks that may be started and not finished. Three hide the 5 to 15 ms of `mapAsync`, and a frame waits behind no more than these. */
export const MAX_TASKS_IN_FLIGHT = 3;

/** The time in which one task has the machine. */
export interface TimeSlot {
  readonly signal: AbortSignal;
  /** Lets the event loop run and waiting frames go first. A long task calls it every few milliseconds. Throws MeshError `cancelled`. */
  yieldNow(): Promise<void>;
}

/** Work in flight. The rest of it needs no time slot, so the next work may start meanwhile. */
export interface Started<T> {
  /** Whether all of it was done in its time slot. */
  readonly isDone: boolean;
  /** Resolves to the result. Throws MeshError `device-lost`, `closed`. */
  finish(): Promise<T>;
}

export interface ScheduleOptions {
  now(): number;
  /** Lets the event loop run, so that messages with frames and cancellations arrive. */
  yieldToEventLoop(): Promise<void>;
}

/**
 * Decides what computes next on this machine. Frames run before tasks, in their order of arrival; but since there may be more frames than
 * the machine can sharpen, one task runs when none ran for {@link MAX_TASK_WAIT_MS}. Owners of tasks get equal shares of the time. Work
 * starts one at a time, and at most {@link MAX_TASKS_IN_FLIGHT} started tasks are unfinished: a GPU works in order, so everything later
 * waits behind them. Callers bound what waits.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #frames: Job[] = [];
  readonly #tasks = new FairQueue<Job>();
  #tasksInFlight = 0;
  /** When a waiting task last got a time slot, or began to wait. */
  #tasksWaitSinceMs = 0;
  /** The machine's time up to this moment is charged to an owner. */
  #chargedUntilMs = Number.NEGATIVE_INFINITY;
  /** When the event loop last ran. */
  #lastYieldMs = 0;
  #busy = false;
  #disposed = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** Rejects with MeshError `closed` when the schedule is disposed first. */
  frame<T>(body: () => Promise<Started<T>>): Promise<T> {
    if (this.#disposed) return Promise.reject(closed());
    return new Promise<T>((resolve, reject) => {
      this.#frames.push(new Job((onEnded) => runJob(body, { resolve, reject, onEnded }), reject));
      void this.#run();
    });
  }

  /** Rejects with MeshError `cancelled` as soon as the signal aborts, also while the task waits. */
  task<T>(owner: string, signal: AbortSignal, body: (slot: TimeSlot) => Promise<Started<T>>): Promise<T> {
    if (this.#disposed) return Promise.reject(closed());
    if (signal.aborted) return Promise.reject(MeshError.cancelled());
    const done = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const slot: TimeSlot = { signal, yieldNow: () => this.#yieldNow(job, signal) };
      const job = new Job((onEnded) => runJob(() => body(slot), { resolve, reject, onEnded }), reject);
      const onAbort = () => {
        this.#tasks.remove(owner, job);
        reject(MeshError.cancelled());
      };
      signal.addEventListener('abort', onAbort, { once: true, signal: done.signal });
      if (this.#tasks.isEmpty) this.#tasksWaitSinceMs = this.#options.now();
      this.#tasks.push(owner, job);
      void this.#run();
    }).finally(() => done.abort());
  }

  dispose(): void {
    this.#disposed = true;
    for (const job of [...this.#frames.splice(0), ...this.#tasks.drain()]) job.reject(closed());
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#lastYieldMs = this.#options.now();
    for (let next = this.#next(); next; next = this.#next()) {
      await next();
      // Promises alone would block the event loop through a series of short tasks, and with it frames, cancellations and leases.
      if (this.#options.now() - this.#lastYieldMs >= SLICE_MS) await this.#yieldToEventLoop();
    }
    this.#busy = false;
  }

  async #yieldToEventLoop(): Promise<void> {
    await this.#options.yieldToEventLoop();
    this.#lastYieldMs = this.#options.now();
  }

  #next(): (() => Promise<void>) | undefined {
    const waitedMs = this.#options.now() - this.#tasksWaitSinceMs;
    const frame = waitedMs < MAX_TASK_WAIT_MS ? this.#frames.shift() : undefined;
    if (frame) return () => this.#start(frame);
    const task = this.#tasksInFlight < MAX_TASKS_IN_FLIGHT ? this.#tasks.take() : undefined;
    if (task) return () => this.#startTask(task);
    const late = this.#frames.shift();
    return late && (() => this.#start(late));
  }

  #startTask({ item, settle }: Taken<Job>): Promise<void> {
    this.#tasksWaitSinceMs = this.#options.now();
    this.#tasksInFlight++;
    return this.#start(item, () => {
      this.#tasksInFlight--;
      settle(item.spentMs);
      void this.#run();
    });
  }

  /** Resolves when the next work may start. */
  #start(job: Job, onEnded?: () => void): Promise<void> {
    job.startedMs = this.#options.now();
    return job.start(() => {
      this.#charge(job);
      onEnded?.();
    });
  }

  /** Work in flight at the same time is charged in the order it ends: each job the time since the one before it. */
  #charge(job: Job): void {
    const nowMs = this.#options.now();
    job.spentMs += Math.max(0, nowMs - Math.max(job.startedMs, this.#chargedUntilMs));
    this.#chargedUntilMs = nowMs;
  }

  async #yieldNow(job: Job, signal: AbortSignal): Promise<void> {
    await this.#yieldToEventLoop();
    if (this.#frames.length > 0) this.#charge(job);
    // Frames that arrive meanwhile wait for the next slice. Otherwise a task would stand still as long as there are too many frames.
    for (let left = this.#frames.length; left > 0; left--) {
      const frame = this.#frames.shift();
      if (frame) await this.#start(frame);
    }
    throwIfCancelled(signal);
    if (this.#disposed) throw closed();
  }
}

class Job {
  startedMs = 0;
  spentMs = 0;

  constructor(
    /** Resolves when the rest needs no time slot. Calls back once the job ended, well or not. */
    readonly start: (onEnded: () => void) => Promise<void>,
    readonly reject: (error: MeshError) => void,
  ) {}
}

interface Settling<T> {
  resolve(value: T): void;
  reject(cause: unknown): void;
  /** Called first: the code that awaits the result may start to compute at once. */
  onEnded(): void;
}

async function runJob<T>(body: () => Promise<Started<T>>, { resolve, reject, onEnded }: Settling<T>): Promise<void> {
  try {
    const started = await body();
    const finishing = started.finish().finally(onEnded).then(resolve, reject);
    // The next work may compute without a pause, and the end of this one would be noticed only after it.
    if (started.isDone) await finishing;
  } catch (cause) {
    onEnded();
    reject(cause);
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw MeshError.cancelled();
}

function closed(): MeshError {
  return MeshError.closed('The compute engine');
}

/** Runs an iterator to its end and yields every {@link SLICE_MS}. An error thrown by `yieldNow` ends it. */
export async function runInSlices<T>(
  work: Iterator<unknown, T, void>,
  now: () => number,
  yieldNow: () => Promise<void>,
): Promise<T> {
  let sliceStartMs = now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (now() - sliceStartMs < SLICE_MS) continue;
    await yieldNow();
    sliceStartMs = now();
  }
}

/** Resolves after the events that are queued now, messages included. A timer would wait 4 ms more (HTML specification, timers). */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

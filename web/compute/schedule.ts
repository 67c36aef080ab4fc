import { MeshError } from '../../shared/errors.ts';
import { DutyCycle } from './duty-cycle.ts';
import { FairQueue, type Taken } from './fair-queue.ts';

/** Time slice, ms: how long work on the processor runs before it yields to the event loop. Half a frame at 60 frames a second. */
export const SLICE_MS = 8;

/** Wait, ms, after which a task runs before frames: a quarter of the shortest task deadline, and one late frame in ten at 60 frames a second. */
export const MAX_TASK_WAIT_MS = 150;

/** Tasks that may be started and not finished. Three hide the 5 to 15 ms of `mapAsync`, and a frame waits behind no more than these. */
export const MAX_TASKS_IN_FLIGHT = 3;

/** Time slots in which something is measured belong to no gamer. */
const BENCHMARK_OWNER = '';
const NEVER_CANCELLED = new AbortController().signal;

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
  /**
   * Resolves to how long the GPU was busy with it, ms, where the GPU tells; else it counts as busy until the end of `finish`. Never rejects.
   */
  readonly gpuMs?: Promise<number>;
}

export interface ScheduleOptions {
  now(): number;
  /** Calls back once after `delayMs`. Returns a function that cancels the timer. */
  after(delayMs: number, callback: () => void): () => void;
  /** Lets the event loop run, so that messages with frames and cancellations arrive. */
  yieldToEventLoop(): Promise<void>;
}

/**
 * Decides what computes next on this machine. Frames run before tasks, in their order of arrival; but since there may be more frames than
 * the machine can sharpen, one task runs when none ran for {@link MAX_TASK_WAIT_MS}. Owners of tasks get equal shares of the time. Work
 * starts one at a time, and at most {@link MAX_TASKS_IN_FLIGHT} started tasks are unfinished: a GPU works in order, so everything later
 * waits behind them. Nothing starts or goes on while the machine has used its {@link DutyCycle share} of the time. Callers bound what waits.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #frames: Job[] = [];
  readonly #tasks = new FairQueue<Job>();
  readonly #duty: DutyCycle;
  /** Ends the wait for the duty cycle. */
  #wake: (() => void) | null = null;
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
    this.#duty = new DutyCycle(options.now);
  }

  /** The part of the time in which anything is computed: above 0, up to 1. */
  get share(): number {
    return this.#duty.share;
  }

  set share(share: number) {
    this.#duty.share = share;
    this.#wake?.();
  }

  /** Time with work since the start, ms. */
  get busyMs(): number {
    return this.#duty.busyMs;
  }

  /** Rejects with MeshError `closed` when the schedule is disposed first. */
  frame<T>(body: () => Promise<Started<T>>): Promise<T> {
    if (this.#disposed) return Promise.reject(closed());
    return new Promise<T>((resolve, reject) => {
      this.#frames.push(new Job((onEnded) => runJob(body, { duty: this.#duty, resolve, reject, onEnded }), reject));
      void this.#run();
    });
  }

  /** Rejects with MeshError `cancelled` as soon as the signal aborts, also while the task waits. */
  task<T>(owner: string, signal: AbortSignal, body: (slot: TimeSlot) => Promise<Started<T>>): Promise<T> {
    return this.#task({ owner, signal, keepsShare: true }, body);
  }

  /** Runs what measures this machine, as a task of no gamer. It waits for the duty cycle before and after, not amid what it measures. */
  benchmark<T>(body: (slot: TimeSlot) => Promise<Started<T>>): Promise<T> {
    return this.#task({ owner: BENCHMARK_OWNER, signal: NEVER_CANCELLED, keepsShare: false }, body);
  }

  #task<T>({ owner, signal, keepsShare }: TaskTerms, body: (slot: TimeSlot) => Promise<Started<T>>): Promise<T> {
    if (this.#disposed) return Promise.reject(closed());
    if (signal.aborted) return Promise.reject(MeshError.cancelled());
    const done = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const slot: TimeSlot = { signal, yieldNow: () => this.#yieldNow(job, signal, keepsShare) };
      const settling = { duty: this.#duty, resolve, reject };
      const job = new Job((onEnded) => runJob(() => body(slot), { ...settling, onEnded }), reject);
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
    this.#wake?.();
    for (const job of [...this.#frames.splice(0), ...this.#tasks.drain()]) job.reject(closed());
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#lastYieldMs = this.#options.now();
    while (this.#hasWork()) {
      // Work that may start starts now, in order of arrival with what is called in the same tick.
      if (this.#duty.waitMs > 0) await this.#untilAllowed();
      await this.#next()?.();
      // Promises alone would block the event loop through a series of short tasks, and with it frames, cancellations and leases.
      if (this.#options.now() - this.#lastYieldMs >= SLICE_MS) await this.#yieldToEventLoop();
    }
    this.#busy = false;
  }

  async #yieldToEventLoop(): Promise<void> {
    await this.#options.yieldToEventLoop();
    this.#lastYieldMs = this.#options.now();
  }

  #hasWork(): boolean {
    return this.#frames.length > 0 || (this.#tasksInFlight < MAX_TASKS_IN_FLIGHT && !this.#tasks.isEmpty);
  }

  /** Resolves when the duty cycle allows work, or the schedule is disposed. */
  async #untilAllowed(): Promise<void> {
    while (this.#duty.waitMs > 0 && !this.#disposed) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.after(this.#duty.waitMs, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = null;
      this.#lastYieldMs = this.#options.now();
    }
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

  async #yieldNow(job: Job, signal: AbortSignal, keepsShare: boolean): Promise<void> {
    this.#charge(job);
    this.#duty.end();
    await this.#yieldToEventLoop();
    // Frames that arrive meanwhile wait for the next slice. Otherwise a task would stand still as long as there are too many frames.
    for (let left = this.#frames.length; left > 0; left--) {
      await this.#untilAllowed();
      const frame = this.#frames.shift();
      if (frame) await this.#start(frame);
    }
    if (keepsShare) await this.#untilAllowed();
    this.#duty.begin();
    job.startedMs = this.#options.now();
    throwIfCancelled(signal);
    if (this.#disposed) throw closed();
  }
}

interface TaskTerms {
  owner: string;
  signal: AbortSignal;
  /** Whether it pauses for the duty cycle where it yields. */
  keepsShare: boolean;
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
  duty: DutyCycle;
  resolve(value: T): void;
  reject(cause: unknown): void;
  /** Called first: the code that awaits the result may start to compute at once. */
  onEnded(): void;
}

async function runJob<T>(
  body: () => Promise<Started<T>>,
  { duty, resolve, reject, onEnded }: Settling<T>,
): Promise<void> {
  duty.begin();
  try {
    const started = await body();
    const finishing = finishOf(started, duty).finally(onEnded).then(resolve, reject);
    // The next work may compute without a pause, and the end of this one would be noticed only after it.
    if (started.isDone) await finishing;
  } catch (cause) {
    duty.end();
    onEnded();
    reject(cause);
  }
}

/** Charges the duty cycle for the work after the time slot: by the GPU's clock where there is one, else until the result is there. */
async function finishOf<T>(started: Started<T>, duty: DutyCycle): Promise<T> {
  if (started.gpuMs) {
    duty.end();
    void started.gpuMs.then((gpuMs) => duty.charge(gpuMs));
    return started.finish();
  }
  try {
    return await started.finish();
  } finally {
    duty.end();
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

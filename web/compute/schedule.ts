import { MeshError } from '../../shared/errors.ts';
import { ClassScheduler, WORK_CLASSES, type WorkClass } from './class-scheduler.ts';
import { DutyCycle } from './duty-cycle.ts';
import { FairQueue } from './fair-queue.ts';
import { GpuClock } from './gpu-clock.ts';
import { runBody, ScheduledWork, type Settling, type Started, type TaskSlot, type TimeSlot } from './schedule-job.ts';

export type { Started, TaskSlot, TimeSlot } from './schedule-job.ts';

/** Time slice, ms: how long work on the processor runs before it yields to the event loop. Half a frame at 60 frames a second. */
export const SLICE_MS = 8;

/** Tasks that may be started and not finished. Three hide the 5 to 15 ms of `mapAsync`, and a frame waits behind no more than these. */
export const MAX_TASKS_IN_FLIGHT = 3;

/** Tasks that have yielded and wait for their next turn, while another one may start: a long one, and a short one that came after it. */
const MAX_TASKS_PAUSED = 2;

/**
 * Tasks that another worker computes, or that wait for one of those: as many as may be one batch of a model. Few would do, but a gamer whose tasks
 * wait for a long run would keep those of the others from starting.
 */
export const MAX_OFFLOADED_TASKS = 64;

/** Time slots in which something is measured belong to no gamer. */
const BENCHMARK_OWNER = '';
const NEVER_CANCELLED = new AbortController().signal;

/** Runs something in a time slot of the schedule. */
export type RunInTaskSlot = <T>(body: (slot: TaskSlot) => Promise<Started<T>>) => Promise<T>;

export interface ScheduleOptions {
  now(): number;
  /** Calls back once after `delayMs`. Returns a function that cancels the timer. */
  after(delayMs: number, callback: () => void): () => void;
  /** Lets the event loop run, so that messages with frames and cancellations arrive. */
  yieldToEventLoop(): Promise<void>;
}

/**
 * Decides what computes next on this machine. Frames and tasks each have a {@link ClassScheduler guaranteed share} of the time, and long work
 * of either gives way to the other where it yields: a task of a few milliseconds waits for a part of a frame, not for the frame and those
 * behind it. Frames run in their order of arrival; owners of tasks get equal shares of the tasks' time. One piece of work has the machine
 * at a time, and at most {@link MAX_TASKS_IN_FLIGHT} started tasks are unfinished: a GPU works in order, so everything later waits behind
 * them. Nothing starts or goes on while the machine has used its {@link DutyCycle share} of the time. Callers bound what waits.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #frames: ScheduledWork[] = [];
  readonly #tasks = new FairQueue<ScheduledWork>();
  /** The frame that yielded. It ends before the next one starts. */
  #pausedFrame: ScheduledWork | null = null;
  /** Tasks that yielded, in the order of their turns. */
  readonly #pausedTasks: ScheduledWork[] = [];
  /** Whether the task that had the last turn had its first one. */
  #hasTaskStarted = false;
  readonly #classes = new ClassScheduler();
  readonly #duty: DutyCycle;
  readonly #gpuClock: GpuClock;
  /** End the waits for the duty cycle. */
  readonly #wakes = new Set<() => void>();
  #tasksInFlight = 0;
  #tasksOffloaded = 0;
  /** The machine's time up to this moment is charged to an owner. */
  #chargedUntilMs = Number.NEGATIVE_INFINITY;
  /** When the event loop last ran. */
  #lastYieldMs = 0;
  #busy = false;
  #isDisposed = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#duty = new DutyCycle(options.now);
    this.#gpuClock = new GpuClock(options.now);
  }

  /** The part of the time in which anything is computed: above 0, up to 1. */
  get share(): number {
    return this.#duty.share;
  }

  set share(share: number) {
    this.#duty.share = share;
    this.#wakeAll();
  }

  /** Time with work since the start, ms. */
  get busyMs(): number {
    return this.#duty.busyMs;
  }

  /** See {@link DutyCycle.wasAwake}. */
  wasAwake(fromMs: number, toMs: number): void {
    this.#duty.wasAwake(fromMs, toMs);
  }

  /** Rejects with MeshError `closed` when the schedule is disposed first. */
  frame<T>(body: (slot: TimeSlot) => Promise<Started<T>>): Promise<T> {
    if (this.#isDisposed) return Promise.reject(closed());
    return new Promise<T>((resolve, reject) => {
      const slot = { signal: NEVER_CANCELLED, yieldNow: () => this.#yieldNow(job, NEVER_CANCELLED) };
      const job: ScheduledWork = this.#job('frames', () => body(slot), { resolve, reject });
      this.#frames.push(job);
      void this.#run();
    });
  }

  /** Rejects with MeshError `cancelled` as soon as the signal aborts, also while the task waits. */
  task<T>(owner: string, signal: AbortSignal, body: (slot: TaskSlot) => Promise<Started<T>>): Promise<T> {
    return this.#task({ owner, signal, isInterruptible: true }, body);
  }

  /**
   * Runs what measures this machine, as a task of no gamer. Others run before and after it, and the duty cycle is waited for there, not
   * amid what it measures: keep it to a fraction of a second.
   */
  benchmark<T>(body: (slot: TaskSlot) => Promise<Started<T>>): Promise<T> {
    return this.#task({ owner: BENCHMARK_OWNER, signal: NEVER_CANCELLED, isInterruptible: false }, body);
  }

  /**
   * Runs what measures this machine while it has nothing else to do. It has no time slot, since it may wait for a download, and work that arrives
   * would wait for it; the caller ends it then. The duty cycle is charged for it, and waited for where it calls `untilAllowed`.
   */
  async background<T>(body: (untilAllowed: () => Promise<void>) => Promise<T>): Promise<T> {
    this.#duty.begin();
    try {
      return await body(async () => {
        this.#duty.end();
        await this.#untilAllowed();
        this.#duty.begin();
      });
    } finally {
      this.#duty.end();
    }
  }

  #task<T>({ owner, signal, isInterruptible }: TaskTerms, body: (slot: TaskSlot) => Promise<Started<T>>): Promise<T> {
    if (this.#isDisposed) return Promise.reject(closed());
    if (signal.aborted) return Promise.reject(MeshError.cancelled());
    const done = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const yieldNow = () => (isInterruptible ? this.#yieldNow(job, signal) : this.#yieldToEventLoop());
      const leave = <W>(work: Promise<W>) => this.#leave(job, work);
      const job: ScheduledWork = this.#job('tasks', () => body({ signal, yieldNow, leave }), { resolve, reject });
      const onAbort = () => {
        if (this.#tasks.remove(owner, job)) this.#classes.ended('tasks');
        reject(MeshError.cancelled());
      };
      signal.addEventListener('abort', onAbort, { once: true, signal: done.signal });
      this.#tasks.push(owner, job);
      void this.#run();
    }).finally(() => done.abort());
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#wakeAll();
    for (const job of [...this.#frames.splice(0), ...this.#tasks.drain()]) job.reject(closed());
    // They find out, and end.
    for (const paused of [this.#pausedFrame, ...this.#pausedTasks.splice(0)]) void paused?.turn();
    this.#pausedFrame = null;
  }

  #job<T>(workClass: WorkClass, body: () => Promise<Started<T>>, { resolve, reject }: Settling<T>): ScheduledWork {
    this.#classes.enqueued(workClass);
    const clocks = { now: this.#options.now, duty: this.#duty, gpuClock: this.#gpuClock };
    const run = () => runBody(body, { ...clocks, onEnded: () => this.#ended(job), resolve, reject });
    const job: ScheduledWork = new ScheduledWork(workClass, run, reject);
    return job;
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#lastYieldMs = this.#options.now();
    while (WORK_CLASSES.some((workClass) => this.#canStart(workClass))) {
      // Work that may start starts now, in order of arrival with what is called in the same tick.
      if (this.#duty.waitMs > 0) await this.#untilAllowed();
      const hasYielded = await this.#next()?.();
      // Promises alone would block the event loop through a series of short tasks, and with it frames, cancellations and keep-alives.
      if (hasYielded || this.#options.now() - this.#lastYieldMs >= SLICE_MS) await this.#yieldToEventLoop();
    }
    this.#busy = false;
  }

  async #yieldToEventLoop(): Promise<void> {
    await this.#options.yieldToEventLoop();
    this.#lastYieldMs = this.#options.now();
  }

  /** Resolves when the duty cycle allows work, or the schedule is disposed. */
  async #untilAllowed(): Promise<void> {
    while (this.#duty.waitMs > 0 && !this.#isDisposed) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          cancel();
          this.#wakes.delete(wake);
          resolve();
        };
        const cancel = this.#options.after(this.#duty.waitMs, wake);
        this.#wakes.add(wake);
      });
      this.#lastYieldMs = this.#options.now();
    }
  }

  #wakeAll(): void {
    for (const wake of this.#wakes) wake();
  }

  /** Whether work of the class can start or go on. */
  #canStart(workClass: WorkClass): boolean {
    if (workClass === 'frames') return this.#pausedFrame !== null || this.#frames.length > 0;
    return this.#pausedTasks.length > 0 || this.#canStartTask;
  }

  get #canStartTask(): boolean {
    const hasRoom = this.#tasksInFlight < MAX_TASKS_IN_FLIGHT && this.#tasksOffloaded < MAX_OFFLOADED_TASKS;
    return hasRoom && this.#pausedTasks.length < MAX_TASKS_PAUSED && !this.#tasks.isEmpty;
  }

  #next(): (() => Promise<boolean>) | undefined {
    const [first, second] = this.#classes.order;
    const of = this.#canStart(first) ? first : second;
    const job = of === 'frames' ? this.#nextFrame() : this.#nextTask();
    return job && (() => this.#turn(job));
  }

  #nextFrame(): ScheduledWork | undefined {
    const paused = this.#pausedFrame;
    this.#pausedFrame = null;
    return paused ?? this.#frames.shift();
  }

  /** Tasks that start take turns with those that go on, so that a short one need not wait for a long one, nor the other way round. */
  #nextTask(): ScheduledWork | undefined {
    this.#hasTaskStarted = this.#canStartTask && !(this.#hasTaskStarted && this.#pausedTasks.length > 0);
    return this.#hasTaskStarted ? this.#takeTask() : this.#pausedTasks.shift();
  }

  #takeTask(): ScheduledWork | undefined {
    const taken = this.#tasks.take();
    if (!taken) return undefined;
    const { item, settle } = taken;
    this.#tasksInFlight++;
    item.onEnded = () => {
      this.#tasksInFlight--;
      settle(item.spentMs);
      void this.#run();
    };
    return item;
  }

  /** Resolves when the next work may have the machine, to whether this one yielded. */
  #turn(job: ScheduledWork): Promise<boolean> {
    this.#classes.dispatched(job.workClass);
    job.turnStartMs = this.#options.now();
    return job.turn();
  }

  /** Work in flight at the same time is charged in the order it ends: each job the time since the one before it. */
  #charge(job: ScheduledWork): void {
    const nowMs = this.#options.now();
    const spentMs = Math.max(0, nowMs - Math.max(job.turnStartMs, this.#chargedUntilMs));
    job.spentMs += spentMs;
    this.#classes.charge(job.workClass, spentMs);
    this.#chargedUntilMs = nowMs;
  }

  #ended(job: ScheduledWork): void {
    this.#charge(job);
    this.#classes.ended(job.workClass);
    job.onEnded();
  }

  async #yieldNow(job: ScheduledWork, signal: AbortSignal): Promise<void> {
    this.#charge(job);
    this.#duty.end();
    if (!this.#isDisposed) {
      if (job.workClass === 'frames') this.#pausedFrame = job;
      else this.#pausedTasks.push(job);
      await job.yielded();
    }
    this.#duty.begin();
    if (signal.aborted) throw MeshError.cancelled();
    if (this.#isDisposed) throw closed();
  }

  /** The machine computes meanwhile, and its duty cycle counts that. */
  async #leave<T>(job: ScheduledWork, work: Promise<T>): Promise<T> {
    this.#charge(job);
    this.#tasksInFlight--;
    this.#tasksOffloaded++;
    const resume = () => {
      // As for work in flight: the time that nobody else was charged for.
      this.#charge(job);
      this.#tasksInFlight++;
      this.#tasksOffloaded--;
      if (this.#isDisposed) void job.turn();
      else {
        this.#pausedTasks.push(job);
        void this.#run();
      }
    };
    work.then(resume, resume);
    await job.yielded();
    if (this.#isDisposed) throw closed();
    return work;
  }
}

interface TaskTerms {
  owner: string;
  signal: AbortSignal;
  /** Whether others may run, and the duty cycle is waited for, where it yields. */
  isInterruptible: boolean;
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

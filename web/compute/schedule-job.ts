import type { WorkClass } from './class-scheduler.ts';
import type { DutyCycle } from './duty-cycle.ts';
import type { GpuClock } from './gpu-clock.ts';

/** Work in flight. The rest of it needs no time slot, so the next work may start meanwhile. */
export interface Started<T> {
  /** Whether all of it was done in its time slot. */
  readonly isDone: boolean;
  /** Resolves to the result. Throws MeshError `device-lost`, `closed`. */
  finish(): Promise<T>;
  /**
   * Resolves to how long the GPU was busy with it, ms; null where it does not tell after all. Undefined: it counts as busy until the end of
   * `finish`. Never rejects.
   */
  readonly gpuMs?: Promise<number | null>;
}

/** The time in which one piece of work has the machine. */
export interface TimeSlot {
  readonly signal: AbortSignal;
  /**
   * Lets the event loop run, and then whatever has a better right to the machine. Long work calls it every few milliseconds. Throws
   * MeshError `cancelled`, `closed`.
   */
  yieldNow(): Promise<void>;
}

/** That of a task. */
export interface TaskSlot extends TimeSlot {
  /**
   * Lets others have the machine until work has ended that needs neither this thread nor the GPU, as that of another worker. Throws what the work
   * throws, and MeshError `closed`; cancelling it is for the caller.
   */
  leave<T>(work: Promise<T>): Promise<T>;
}

export interface Settling<T> {
  resolve(value: T): void;
  reject(cause: unknown): void;
}

/** A piece of work, which has the machine in turns: it yields where it can be interrupted, and goes on when it gets the next turn. */
export class ScheduledWork {
  readonly workClass: WorkClass;
  readonly reject: (cause: unknown) => void;
  /** Its owner is told that it ended, well or not. */
  onEnded: () => void = () => {};
  /** When its turn began. */
  turnStartMs = 0;
  /** Time it had the machine, ms. */
  spentMs = 0;
  readonly #start: () => Promise<void>;
  #resume: (() => void) | null = null;
  #endTurn: (hasYielded: boolean) => void = () => {};

  /** @param start - resolves when the rest of the work needs no time slot. */
  constructor(workClass: WorkClass, start: () => Promise<void>, reject: (cause: unknown) => void) {
    this.workClass = workClass;
    this.#start = start;
    this.reject = reject;
  }

  /** Gives it the machine. Resolves when it yields (true), or when the rest of it needs no time slot (false). */
  turn(): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      this.#endTurn = resolve;
      const resume = this.#resume;
      this.#resume = null;
      if (resume) resume();
      else void this.#start().then(() => this.#endTurn(false));
    });
  }

  /** Ends the turn of the work that calls it. Resolves with its next one. */
  yielded(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#endTurn(true);
    });
  }
}

interface Clocks {
  now(): number;
  duty: DutyCycle;
  gpuClock: GpuClock;
}

interface Running<T> extends Settling<T>, Clocks {
  /** Called once, first: the code that awaits the result may start to compute at once. */
  onEnded(): void;
}

/** Runs the body of a piece of work. Resolves when the rest of it needs no time slot. */
export async function runBody<T>(
  body: () => Promise<Started<T>>,
  { onEnded, resolve, reject, ...clocks }: Running<T>,
): Promise<void> {
  const { duty } = clocks;
  duty.begin();
  try {
    const started = await body();
    const finishing = finishOf(started, clocks).finally(onEnded).then(resolve, reject);
    // The next work may compute without a pause, and the end of this one would be noticed only after it.
    if (started.isDone) await finishing;
  } catch (cause) {
    duty.end();
    onEnded();
    reject(cause);
  }
}

/** Charges the duty cycle for the work after the time slot: by the GPU's clock where there is a right one, else until the result is there. */
async function finishOf<T>(started: Started<T>, { now, duty, gpuClock }: Clocks): Promise<T> {
  const { gpuMs } = started;
  if (gpuMs && gpuClock.isTrusted) {
    duty.end();
    const startMs = now();
    const finishing = started.finish();
    const charge = async () => duty.charge(gpuClock.spentMs(await gpuMs, startMs));
    finishing.then(charge, charge);
    return finishing;
  }
  try {
    return await started.finish();
  } finally {
    duty.end();
  }
}

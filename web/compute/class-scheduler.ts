/** The classes of an engine's work. */
export const WORK_CLASSES = ['frames', 'tasks'] as const;
export type WorkClass = (typeof WORK_CLASSES)[number];

/**
 * Share of the time that a class has at least while both have work. A game's own tasks take a tenth of a core, a few milliseconds at a
 * time, and find the time for it at once; a flood of tasks slows a stream down by a quarter and no more.
 */
export const GUARANTEED_SHARE: Readonly<Record<WorkClass, number>> = { frames: 0.75, tasks: 0.25 };

/**
 * Decides which class of work runs next: start-time fair queueing with weights (P. Goyal, H. M. Vin, H. Cheng, "Start-Time Fair Queueing",
 * SIGCOMM 1996), as between the owners of tasks. A class that had no work for a while starts level with the other one, so that it waits
 * for no more than the piece of work that is running, and has saved up nothing.
 */
export class ClassScheduler {
  /** Virtual time up to which a class has used its share: time used over the share. */
  readonly #paidUntilMs: Record<WorkClass, number> = { frames: 0, tasks: 0 };
  /** Pieces of work of a class that wait, run or are in flight. */
  readonly #open: Record<WorkClass, number> = { frames: 0, tasks: 0 };
  /** Virtual start of the piece of work that was dispatched last. */
  #virtualMs = 0;

  /** A piece of work was enqueued. Call {@link ended} once, however it ends. */
  enqueued(workClass: WorkClass): void {
    if (this.#open[workClass] === 0)
      this.#paidUntilMs[workClass] = Math.max(this.#paidUntilMs[workClass], this.#virtualMs);
    this.#open[workClass]++;
  }

  ended(workClass: WorkClass): void {
    this.#open[workClass]--;
  }

  /** The classes in the order in which they are to run, if they can. Frames are first where both have used the same: someone watches them. */
  get order(): readonly [WorkClass, WorkClass] {
    return this.#paidUntilMs.tasks < this.#paidUntilMs.frames ? ['tasks', 'frames'] : ['frames', 'tasks'];
  }

  /** A piece of work of the class starts to run. */
  dispatched(workClass: WorkClass): void {
    this.#virtualMs = Math.max(this.#virtualMs, this.#paidUntilMs[workClass]);
  }

  charge(workClass: WorkClass, spentMs: number): void {
    this.#paidUntilMs[workClass] += spentMs / GUARANTEED_SHARE[workClass];
  }
}

import { VOLUNTEER } from './tuning.ts';

/** How busy a volunteer's machine is with others' work. */
export class BusyMeter {
  readonly #now: () => number;
  tasksDone = 0;
  framesDone = 0;
  busyMs = 0;
  /** Busy time at moments of the recent past, oldest first. */
  #marks: { atMs: number; busyMs: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The busy share of the last seconds, 0..1. */
  get load(): number {
    const nowMs = this.#now();
    this.#marks.push({ atMs: nowMs, busyMs: this.busyMs });
    const oldestMs = nowMs - VOLUNTEER.loadWindowMs;
    while ((this.#marks[1]?.atMs ?? nowMs) <= oldestMs) this.#marks.shift();
    const first = this.#marks[0];
    if (!first || nowMs <= first.atMs) return 0;
    return Math.min(1, (this.busyMs - first.busyMs) / (nowMs - first.atMs));
  }

  taskDone(computeMs: number): void {
    this.tasksDone++;
    this.busyMs += computeMs;
  }

  frameDone(computeMs: number): void {
    this.framesDone++;
    this.busyMs += computeMs;
  }
}

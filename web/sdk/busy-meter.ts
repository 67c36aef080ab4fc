/** The load is measured over this time: steady enough to rank by, and quick to show that a game started. */
export const LOAD_WINDOW_MS = 3_000;

/** Measures how busy a volunteer's machine is with tasks and frames of gamers. */
export class BusyMeter {
  readonly #now: () => number;
  tasksDone = 0;
  framesDone = 0;
  busyMs = 0;
  /** Readings of `busyMs` from the recent past, oldest first. */
  #marks: { atMs: number; busyMs: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The busy part of the last {@link LOAD_WINDOW_MS}, 0..1. */
  get load(): number {
    const nowMs = this.#now();
    this.#marks.push({ atMs: nowMs, busyMs: this.busyMs });
    const oldestMs = nowMs - LOAD_WINDOW_MS;
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

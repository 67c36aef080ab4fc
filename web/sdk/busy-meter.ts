/** The load is measured over this time: steady enough to rank by, and quick to show that a game started. */
export const LOAD_WINDOW_MS = 3_000;
/** Readings within this time share a mark: a gamer decides how often it asks. */
const MARK_INTERVAL_MS = 50;

/** How long an engine computed since its start, and the part of the time in which it may. */
export interface Usage {
  busyMs: number;
  share: number;
}

/** Counts what a volunteer does for gamers, and measures how busy its machine is. */
export class BusyMeter {
  readonly #now: () => number;
  readonly #usage: () => Usage;
  tasksDone = 0;
  framesDone = 0;
  /** Readings of `busyMs` from the recent past, oldest first. */
  #marks: { atMs: number; busyMs: number }[] = [];

  constructor(now: () => number, usage: () => Usage) {
    this.#now = now;
    this.#usage = usage;
  }

  get busyMs(): number {
    return this.#usage().busyMs;
  }

  /** Measures the busy part of the time that is lent, in the last {@link LOAD_WINDOW_MS}, 0..1. */
  measureLoad(): number {
    const nowMs = this.#now();
    const { busyMs, share } = this.#usage();
    if (nowMs - (this.#marks.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) >= MARK_INTERVAL_MS) {
      this.#marks.push({ atMs: nowMs, busyMs });
    }
    const oldestMs = nowMs - LOAD_WINDOW_MS;
    while ((this.#marks[1]?.atMs ?? nowMs) <= oldestMs) this.#marks.shift();
    const first = this.#marks[0];
    if (!first || nowMs <= first.atMs) return 0;
    return Math.min(1, (busyMs - first.busyMs) / (share * (nowMs - first.atMs)));
  }
}

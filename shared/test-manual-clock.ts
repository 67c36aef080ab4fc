import type { Clock } from './clock.ts';

interface Timer {
  atMs: number;
  callback: () => void;
}

/** A virtual clock that only a test or a simulation advances. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #nowMs: number;
  #fired = 0;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  /** Number of timers that are not due yet. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Number of timers that have fired. */
  get fired(): number {
    return this.#fired;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Simulates a blocked thread: timers that fell due in the meantime fire only now, late. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
    const due = [...this.#timers].filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback();
  }

  /** Advances the clock and fires the timers that fall due, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let timer = this.#next(); timer && timer.atMs <= untilMs; timer = this.#next()) this.#run(timer);
    this.#nowMs = untilMs;
  }

  /** Advances to the next timer, however far off, and fires it. Returns false if there is none. */
  advanceToNext(): boolean {
    const timer = this.#next();
    if (timer) this.#run(timer);
    return timer !== undefined;
  }

  #run(timer: Timer): void {
    this.#timers.delete(timer);
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    this.#fired++;
    timer.callback();
  }

  /** The next timer; of several due at the same time, the one set first. */
  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.atMs < next.atMs) next = timer;
    return next;
  }
}

import type { Clock } from './clock.ts';

interface Timer {
  atMs: number;
  callback: () => void;
}

/** A clock that stands still until a test or a simulation moves it. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #nowMs: number;
  #fired = 0;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  /** Timers that have not fallen due. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Timers that have. */
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

  /** As where a thread stood still: what fell due meanwhile runs only now, once and late. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
    const due = [...this.#timers].filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback();
  }

  /** Runs what falls due, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let timer = this.#next(); timer && timer.atMs <= untilMs; timer = this.#next()) this.#run(timer);
    this.#nowMs = untilMs;
  }

  /** Runs the timer that falls due next, however far off. False when there is none. */
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

  /** Of those due at the same time, the one set first. */
  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.atMs < next.atMs) next = timer;
    return next;
  }
}

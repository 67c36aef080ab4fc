import { type Clock, TIMER_GRAIN_MS } from '../../shared/clock.ts';

/** Calls back for each item whose deadline has passed. Uses one timer for all items, and none while nothing is watched. */
export class DeadlineWatch<Item> {
  readonly #clock: Clock;
  readonly #onDeadline: (item: Item) => void;
  readonly #dueMs = new Map<Item, number>();
  #armedForMs = Number.POSITIVE_INFINITY;
  #cancelTimer = () => {};

  constructor(clock: Clock, onDeadline: (item: Item) => void) {
    this.#clock = clock;
    this.#onDeadline = onDeadline;
  }

  watch(item: Item, afterMs: number): void {
    const dueMs = this.#clock.now() + afterMs;
    this.#dueMs.set(item, dueMs);
    if (dueMs < this.#armedForMs) this.#arm(dueMs);
  }

  forget(item: Item): void {
    // A timer that fires too early finds nothing due and is set again; only the last item's timer must be cancelled.
    if (this.#dueMs.delete(item) && this.#dueMs.size === 0) this.#disarm();
  }

  dispose(): void {
    this.#dueMs.clear();
    this.#disarm();
  }

  #arm(dueMs: number): void {
    this.#cancelTimer();
    this.#armedForMs = dueMs;
    this.#cancelTimer = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), () => this.#check());
  }

  #disarm(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    this.#armedForMs = Number.POSITIVE_INFINITY;
  }

  #check(): void {
    this.#disarm();
    const nowMs = this.#clock.now();
    const late: Item[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [item, dueMs] of this.#dueMs) {
      if (dueMs <= nowMs + TIMER_GRAIN_MS) late.push(item);
      else nextMs = Math.min(nextMs, dueMs);
    }
    for (const item of late) this.#dueMs.delete(item);
    if (nextMs < Number.POSITIVE_INFINITY) this.#arm(nextMs);
    for (const item of late) this.#onDeadline(item);
  }
}

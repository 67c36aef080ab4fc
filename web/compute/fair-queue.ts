/** Weight of the newest duration in the moving average of an owner's tasks. The estimate is corrected when the task ends. */
const DURATION_SMOOTHING = 0.25;

/** Idle owners whose use is remembered: as many gamers as a volunteer may serve. */
export const MAX_IDLE_OWNERS = 64;

/** An item that was taken from the queue. Call `settle` once when its work ended, however it ended. */
export interface Taken<Item> {
  item: Item;
  settle(spentMs: number): void;
}

interface Owner<Item> {
  readonly waiting: Item[];
  inFlight: number;
  /** Virtual time up to which the owner has used its share, items in flight counted with their expected duration. */
  paidUntilMs: number;
  /** Expected duration of an item; null before the first ended. */
  expectedMs: number | null;
}

/**
 * Start-time fair queueing (P. Goyal, H. M. Vin, H. Cheng, "Start-Time Fair Queueing", SIGCOMM 1996): the owner that has used the least
 * time goes next, its items in their order. Virtual time is the start of the item taken last. An idle owner restarts at it, so that idling
 * earns no credit and having worked alone costs nothing.
 */
export class FairQueue<Item> {
  readonly #owners = new Map<string, Owner<Item>>();
  #virtualMs = 0;

  /** Owners remembered: those with items, and those that have used more than their share. */
  get owners(): number {
    return this.#owners.size;
  }

  get isEmpty(): boolean {
    for (const { waiting } of this.#owners.values()) if (waiting.length > 0) return false;
    return true;
  }

  push(name: string, item: Item): void {
    const owner = this.#owners.get(name) ?? { waiting: [], inFlight: 0, paidUntilMs: 0, expectedMs: null };
    if (isIdle(owner)) owner.paidUntilMs = Math.max(owner.paidUntilMs, this.#virtualMs);
    owner.waiting.push(item);
    this.#owners.set(name, owner);
  }

  take(): Taken<Item> | undefined {
    const owner = this.#next();
    const item = owner?.waiting.shift();
    if (!owner || item === undefined) return undefined;
    const expectedMs = owner.expectedMs ?? 0;
    this.#virtualMs = Math.max(this.#virtualMs, owner.paidUntilMs);
    owner.paidUntilMs += expectedMs;
    owner.inFlight++;
    return {
      item,
      settle: (spentMs) => {
        owner.inFlight--;
        owner.paidUntilMs += spentMs - expectedMs;
        const beforeMs = owner.expectedMs ?? spentMs;
        owner.expectedMs = beforeMs + DURATION_SMOOTHING * (spentMs - beforeMs);
        this.#evict();
      },
    };
  }

  /** False when the item no longer waits here. */
  remove(name: string, item: Item): boolean {
    const waiting = this.#owners.get(name)?.waiting ?? [];
    const at = waiting.indexOf(item);
    if (at < 0) return false;
    waiting.splice(at, 1);
    this.#evict();
    return true;
  }

  /** Removes and returns all waiting items. */
  drain(): Item[] {
    const drained = [...this.#owners.values()].flatMap(({ waiting }) => waiting.splice(0));
    this.#evict();
    return drained;
  }

  #next(): Owner<Item> | undefined {
    let next: Owner<Item> | undefined;
    for (const owner of this.#owners.values()) {
      if (owner.waiting.length > 0 && (!next || goesBefore(owner, next))) next = owner;
    }
    return next;
  }

  /** Of an idle owner only the time it is ahead of the others matters. Forgotten sooner, it could leave and come back for more. */
  #evict(): void {
    const idle = [...this.#owners].filter(([, owner]) => isIdle(owner));
    const isAllIdle = idle.length === this.#owners.size;
    if (isAllIdle) this.#virtualMs = 0;
    for (const [at, [name, owner]] of idle.entries()) {
      const exceedsLimit = at < idle.length - MAX_IDLE_OWNERS;
      if (isAllIdle || exceedsLimit || owner.paidUntilMs <= this.#virtualMs) this.#owners.delete(name);
    }
  }
}

/** Owners that start together are ordered by their items in flight. */
function goesBefore(a: Owner<unknown>, b: Owner<unknown>): boolean {
  return a.paidUntilMs < b.paidUntilMs || (a.paidUntilMs === b.paidUntilMs && a.inFlight < b.inFlight);
}

function isIdle({ waiting, inFlight }: Owner<unknown>): boolean {
  return waiting.length === 0 && inFlight === 0;
}

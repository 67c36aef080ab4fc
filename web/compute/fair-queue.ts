/** Weight of the newest duration in the moving average of an owner's tasks. The estimate is corrected when the task ends. */
const DURATION_SMOOTHING = 0.25;

/** Idle owners whose use is remembered: as many gamers as a volunteer may serve. */
export const MAX_IDLE_OWNERS = 64;

/** Taken from the queue; `settle` is called once when it ended, however it did. */
export interface Taken<Item> {
  item: Item;
  settle(spentMs: number): void;
}

interface Owner<Item> {
  readonly waiting: Item[];
  underWay: number;
  /** Virtual time at which all it took is paid for; what is under way counts with what is expected of it. */
  paidUntilMs: number;
  /** What one of its items takes; null before the first ended. */
  expectedMs: number | null;
}

/**
 * Start-time fair queueing: the owner that has used least time goes next, its items in their order. Virtual time is where the last
 * one taken began; who was idle begins there, so that waiting earns nothing and having worked alone costs nothing.
 */
export class FairQueue<Item> {
  readonly #owners = new Map<string, Owner<Item>>();
  #virtualMs = 0;

  /** Owners remembered: those with items here, and those still ahead of the others. */
  get owners(): number {
    return this.#owners.size;
  }

  get isEmpty(): boolean {
    for (const { waiting } of this.#owners.values()) if (waiting.length > 0) return false;
    return true;
  }

  push(name: string, item: Item): void {
    const owner = this.#owners.get(name) ?? { waiting: [], underWay: 0, paidUntilMs: 0, expectedMs: null };
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
    owner.underWay++;
    return {
      item,
      settle: (spentMs) => {
        owner.underWay--;
        owner.paidUntilMs += spentMs - expectedMs;
        const beforeMs = owner.expectedMs ?? spentMs;
        owner.expectedMs = beforeMs + DURATION_SMOOTHING * (spentMs - beforeMs);
        this.#forget();
      },
    };
  }

  /** False when it does not wait here any more. */
  remove(name: string, item: Item): boolean {
    const waiting = this.#owners.get(name)?.waiting ?? [];
    const at = waiting.indexOf(item);
    if (at < 0) return false;
    waiting.splice(at, 1);
    this.#forget();
    return true;
  }

  /** Takes out all that waits. */
  drain(): Item[] {
    const drained = [...this.#owners.values()].flatMap(({ waiting }) => waiting.splice(0));
    this.#forget();
    return drained;
  }

  #next(): Owner<Item> | undefined {
    let next: Owner<Item> | undefined;
    for (const owner of this.#owners.values()) {
      if (owner.waiting.length > 0 && (!next || goesBefore(owner, next))) next = owner;
    }
    return next;
  }

  /** Of an idle owner only what it is ahead of the others matters: forgotten sooner, it could leave and come back for more. */
  #forget(): void {
    const idle = [...this.#owners].filter(([, owner]) => isIdle(owner));
    const isAllIdle = idle.length === this.#owners.size;
    if (isAllIdle) this.#virtualMs = 0;
    for (const [at, [name, owner]] of idle.entries()) {
      const isOneTooMany = at < idle.length - MAX_IDLE_OWNERS;
      if (isAllIdle || isOneTooMany || owner.paidUntilMs <= this.#virtualMs) this.#owners.delete(name);
    }
  }
}

/** Those who begin together have nothing to tell them apart yet but what they have under way. */
function goesBefore(a: Owner<unknown>, b: Owner<unknown>): boolean {
  return a.paidUntilMs < b.paidUntilMs || (a.paidUntilMs === b.paidUntilMs && a.underWay < b.underWay);
}

function isIdle({ waiting, underWay }: Owner<unknown>): boolean {
  return waiting.length === 0 && underWay === 0;
}

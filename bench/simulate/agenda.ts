interface Entry {
  atS: number;
  /** Counts those entered before it. */
  nth: number;
  act: () => void;
}

/** What is to happen when, under a virtual clock: a heap, since hundreds of thousands wait at a time. */
export class Agenda {
  readonly #heap: Entry[] = [];
  #count = 0;
  nowS = 0;

  at(atS: number, act: () => void): void {
    const heap = this.#heap;
    const entry = { atS, nth: this.#count++, act };
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (isSooner(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  after(delayS: number, act: () => void): void {
    this.at(this.nowS + delayS, act);
  }

  /** Lets everything happen until then, in order; what is to happen at the same moment, as it was entered. */
  runUntil(endS: number): void {
    for (let next = this.#heap[0]; next && next.atS <= endS; next = this.#heap[0]) {
      this.#removeFirst();
      this.nowS = next.atS;
      next.act();
    }
    this.nowS = endS;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      const isRight = left && right && isSooner(right, left);
      const child = isRight ? right : left;
      if (!child || isSooner(last, child)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
  }
}

function isSooner(one: Entry, other: Entry): boolean {
  return one.atS < other.atS || (one.atS === other.atS && one.nth < other.nth);
}

interface Entry {
  atS: number;
  act: () => void;
}

/** What is to happen when, under a virtual clock: a heap, since hundreds of thousands wait at a time. */
export class Agenda {
  readonly #heap: Entry[] = [];
  nowS = 0;

  at(atS: number, act: () => void): void {
    const heap = this.#heap;
    const entry = { atS, act };
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.atS <= atS) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  after(delayS: number, act: () => void): void {
    this.at(this.nowS + delayS, act);
  }

  /** Lets everything happen until then, in order. */
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
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const least =
        (heap[right]?.atS ?? Number.POSITIVE_INFINITY) < (heap[left]?.atS ?? Number.POSITIVE_INFINITY) ? right : left;
      const child = heap[least];
      if (!child || child.atS >= last.atS) break;
      heap[index] = child;
      index = least;
    }
    heap[index] = last;
  }
}

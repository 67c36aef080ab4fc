/** The open set of a search, a binary heap: the lowest estimate first; among equals, the one that has travelled farthest. */
export class OpenCells {
  #estimate = new Float64Array(1024);
  #travelled = new Float64Array(1024);
  #cell = new Int32Array(1024);
  #size = 0;

  clear(): void {
    this.#size = 0;
  }

  push(cell: number, estimate: number, travelled: number): void {
    if (this.#size === this.#cell.length) this.#grow();
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#goesBefore(estimate, travelled, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, cell, estimate, travelled);
  }

  /** Removes and returns the first cell; -1 if the heap is empty. */
  pop(): number {
    if (this.#size === 0) return -1;
    const first = this.#cell[0] ?? -1;
    const last = --this.#size;
    const estimate = this.#estimate[last] ?? 0;
    const travelled = this.#travelled[last] ?? 0;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const right = child + 1;
      if (right < last && this.#goesBefore(this.#estimate[right] ?? 0, this.#travelled[right] ?? 0, child))
        child = right;
      if (this.#goesBefore(estimate, travelled, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, this.#cell[last] ?? -1, estimate, travelled);
    return first;
  }

  #goesBefore(estimate: number, travelled: number, at: number): boolean {
    const other = this.#estimate[at] ?? 0;
    return estimate < other || (estimate === other && travelled > (this.#travelled[at] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#cell[from] ?? -1, this.#estimate[from] ?? 0, this.#travelled[from] ?? 0);
  }

  #put(at: number, cell: number, estimate: number, travelled: number): void {
    this.#cell[at] = cell;
    this.#estimate[at] = estimate;
    this.#travelled[at] = travelled;
  }

  #grow(): void {
    const length = this.#cell.length * 2;
    const grown = <A extends { set(from: A): void }>(into: A, from: A) => {
      into.set(from);
      return into;
    };
    this.#estimate = grown(new Float64Array(length), this.#estimate);
    this.#travelled = grown(new Float64Array(length), this.#travelled);
    this.#cell = grown(new Int32Array(length), this.#cell);
  }
}

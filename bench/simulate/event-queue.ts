interface Entry {
  atS: number;
  act: () => void;
}

/** Actions at times of a virtual clock. Kept in a sorted list for each second, since hundreds of thousands are pending at a time. */
export class EventQueue {
  readonly #seconds = new Map<number, Entry[]>();
  nowS = 0;

  at(atS: number, act: () => void): void {
    const second = Math.floor(atS);
    const entries = this.#seconds.get(second) ?? [];
    this.#seconds.set(second, entries);
    entries.splice(entries.findLastIndex((entry) => entry.atS <= atS) + 1, 0, { atS, act });
  }

  after(delayS: number, act: () => void): void {
    this.at(this.nowS + delayS, act);
  }

  /** Runs all actions up to `endS` in order; those of the same time in the order in which they were added. */
  runUntil(endS: number): void {
    for (let second = Math.floor(this.nowS); second <= endS; second++) {
      const entries = this.#seconds.get(second) ?? [];
      for (let next = entries[0]; next && next.atS <= endS; next = entries[0]) {
        entries.shift();
        this.nowS = next.atS;
        next.act();
      }
      if (entries.length === 0) this.#seconds.delete(second);
    }
    this.nowS = endS;
  }
}

const FIRST_CAPACITY = 1_024;
const NO_NODE = -1;

/**
 * The cells that a search by jumps has reached, numbered from 0. They are few, so what is known of each is not kept by cell: a megabyte of memory
 * that is touched for the first time takes as long as many a search.
 */
export class JumpNodes {
  /** By cell, the number of its node plus {@link #base}: nothing needs to be cleared between searches. */
  readonly #numbers: Int32Array;
  /** Above the numbers of earlier searches. */
  #base = 1;
  #count = 0;
  cells = new Int32Array(FIRST_CAPACITY);
  /** In steps, not in costs. */
  travelled = new Float64Array(FIRST_CAPACITY);
  /** Nodes. */
  parents = new Int32Array(FIRST_CAPACITY);
  /** The direction in which each was reached. */
  arrivals = new Uint8Array(FIRST_CAPACITY);
  isExpanded = new Uint8Array(FIRST_CAPACITY);

  constructor(cells: number) {
    this.#numbers = new Int32Array(cells);
  }

  /** Begins a new search. */
  clear(): void {
    this.#base += this.#count;
    this.#count = 0;
    if (this.#base < 2 ** 30) return;
    this.#numbers.fill(0);
    this.#base = 1;
  }

  /** The node of a cell; -1 if it was not reached. */
  at(cell: number): number {
    const node = (this.#numbers[cell] ?? 0) - this.#base;
    return node < 0 ? NO_NODE : node;
  }

  add(cell: number): number {
    const node = this.#count++;
    if (node === this.cells.length) this.#grow(2 * node);
    this.#numbers[cell] = this.#base + node;
    this.cells[node] = cell;
    this.isExpanded[node] = 0;
    return node;
  }

  #grow(capacity: number): void {
    const grown = <A extends { set(from: A): void }>(into: A, from: A) => {
      into.set(from);
      return into;
    };
    this.cells = grown(new Int32Array(capacity), this.cells);
    this.travelled = grown(new Float64Array(capacity), this.travelled);
    this.parents = grown(new Int32Array(capacity), this.parents);
    this.arrivals = grown(new Uint8Array(capacity), this.arrivals);
    this.isExpanded = grown(new Uint8Array(capacity), this.isExpanded);
  }
}

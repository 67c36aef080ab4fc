/**
 * Where the claims to the rows of a job are in a workspace: in the first page, which every thread sees. Where one thread has made a shared memory
 * larger, the views of others may end where it ended before.
 */
export const CLAIMS_ADDRESS = 64;

/** Bits of a row number: pictures have at most 8,192 rows. */
const ROW_BITS = 16;
const ROW_MASK = 0xffff;

/** A part of a job that was given up: empty, and no part that is in use is like it. */
const CLOSED = ROW_MASK;

/** Threads take half of what another one has left, but no fewer rows than it computes at a time. */
const STEAL_DIVISOR = 2;

export interface Rows {
  from: number;
  to: number;
}

/**
 * Divides the rows of a picture among threads, in memory that they share. Each has a part of its own, which it computes from the top, so
 * that it can go on from what it computed before; who is done takes rows from the end of the largest part left. Takes never block.
 */
export class RowClaims {
  /** Of each part: the first and the last row left (exclusive), in one number, so that both change at once. */
  readonly #parts: Int32Array;
  readonly #rowsPerTake: number;

  /** @param parts - one entry a thread; {@link RowClaims.divide} fills it. */
  constructor(parts: Int32Array, rowsPerTake: number) {
    this.#parts = parts;
    this.#rowsPerTake = rowsPerTake;
  }

  static divide(parts: Int32Array, rows: number): void {
    for (let thread = 0; thread < parts.length; thread++) {
      const from = Math.floor((rows * thread) / parts.length);
      Atomics.store(parts, thread, packed(from, Math.floor((rows * (thread + 1)) / parts.length)));
    }
  }

  /**
   * The next rows of a thread; null when no part has any. Another thread may then still compute rows, and have some in hand that it puts into its own
   * part only later: they are done when all threads have got null.
   */
  take(thread: number): Rows | null {
    for (;;) {
      const own = this.#takeFirst(thread);
      if (own) return own;
      const empty = Atomics.load(this.#parts, thread);
      const stolen = this.#steal();
      if (!stolen) return null;
      // Its part is empty, so nobody else changes it, unless the job is given up. Others may take from it in turn, should this thread's core be taken away.
      const part = packed(stolen.from, stolen.to);
      if (Atomics.compareExchange(this.#parts, thread, empty, part) !== empty) return null;
    }
  }

  /** Leaves nothing to take, for a job that is given up. Rows that a thread has in hand would be lost to one that is not. */
  close(): void {
    for (let thread = 0; thread < this.#parts.length; thread++) Atomics.store(this.#parts, thread, CLOSED);
  }

  #takeFirst(thread: number): Rows | null {
    for (;;) {
      const part = Atomics.load(this.#parts, thread);
      const { from, to } = unpacked(part);
      if (from >= to) return null;
      const end = Math.min(to, from + this.#rowsPerTake);
      if (Atomics.compareExchange(this.#parts, thread, part, packed(end, to)) === part) return { from, to: end };
    }
  }

  #steal(): Rows | null {
    for (;;) {
      const parts = Array.from(this.#parts, (_, thread) => Atomics.load(this.#parts, thread));
      const sizes = parts.map((part) => unpacked(part).to - unpacked(part).from);
      const largest = sizes.indexOf(Math.max(...sizes));
      const part = parts[largest] ?? 0;
      const { from, to } = unpacked(part);
      if (from >= to) return null;
      const count = Math.min(to - from, Math.max(this.#rowsPerTake, Math.floor((to - from) / STEAL_DIVISOR)));
      const start = to - count;
      if (Atomics.compareExchange(this.#parts, largest, part, packed(from, start)) === part) return { from: start, to };
    }
  }
}

function packed(from: number, to: number): number {
  return (to << ROW_BITS) | from;
}

function unpacked(part: number): Rows {
  return { from: part & ROW_MASK, to: part >>> ROW_BITS };
}

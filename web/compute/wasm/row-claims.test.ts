import { describe, expect, test, vi } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { RowClaims, type Rows } from './row-claims.ts';

interface NumberAtomics {
  compareExchange(parts: Int32Array, thread: number, expected: number, replacement: number): number;
}

/** Threads in a memory that they share. */
function divided(threads: number, rows: number, rowsPerTake: number): RowClaims[] {
  const parts = new Int32Array(new SharedArrayBuffer(threads * Int32Array.BYTES_PER_ELEMENT));
  RowClaims.divide(parts, rows);
  return Array.from({ length: threads }, () => new RowClaims(parts, rowsPerTake));
}

/** How often each row was taken, by threads of different speed. */
function taken(threads: number, rows: number, rowsPerTake: number): number[] {
  const random = seededRandom(threads * rows);
  const counts = new Array<number>(rows).fill(0);
  const claims = divided(threads, rows, rowsPerTake);
  const working = new Set(claims.keys());
  while (working.size > 0) {
    const thread = Math.floor(random() ** 2 * threads);
    const next = claims[thread]?.take(thread);
    if (!next) working.delete(thread);
    else for (let y = next.from; y < next.to; y++) counts[y] = (counts[y] ?? 0) + 1;
  }
  return counts;
}

describe('the rows of a picture', () => {
  test.each([
    [1, 1, 1],
    [1, 90, 7],
    [2, 1, 5],
    [3, 2, 1],
    [2, 720, 11],
    [4, 8_192, 13],
  ])('are each taken once: %i threads, %i rows, %i at a time', (threads, rows, rowsPerTake) => {
    expect(taken(threads, rows, rowsPerTake).every((count) => count === 1)).toBe(true);
  });

  test('are taken by each thread from the top of its own part, and then from the end of the largest part left', () => {
    const [first, second] = divided(2, 100, 10);
    const rows: (Rows | null | undefined)[] = Array.from({ length: 5 }, () => first?.take(0));
    expect(rows.map((next) => next?.from)).toEqual([0, 10, 20, 30, 40]);
    expect(first?.take(0)).toEqual({ from: 75, to: 85 });
    expect(second?.take(1)).toEqual({ from: 50, to: 60 });
  });

  test('are left by all threads once the job is given up', () => {
    const [first, second] = divided(2, 100, 10);
    expect(second?.take(1)).toEqual({ from: 50, to: 60 });
    first?.close();
    expect([first?.take(0), second?.take(1)]).toEqual([null, null]);
  });

  test('are left also by a thread that has them in hand at that moment', () => {
    const [first, second] = divided(2, 100, 50);
    expect(second?.take(1)).toEqual({ from: 50, to: 100 });
    const onNumbers: NumberAtomics = Atomics;
    const { compareExchange } = onNumbers;
    const steals = vi.spyOn(onNumbers, 'compareExchange').mockImplementationOnce((...change) => {
      const before = compareExchange(...change);
      first?.close();
      return before;
    });
    expect([second?.take(1), second?.take(1), first?.take(0)]).toEqual([null, null, null]);
    expect(steals).toHaveBeenCalled();
    steals.mockRestore();
  });
});

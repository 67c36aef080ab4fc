/** The rank of a pair of parts; undefined if it is never merged. */
export type RankOf = (left: string, right: string) => number | undefined;

interface Merge {
  rank: number;
  /** Position of the left part. */
  at: number;
  left: string;
  right: string;
}

/**
 * Byte-pair encoding (R. Sennrich et al., 2016): merges neighbours, the pair of the lowest rank first and equal ones from the left. A heap keeps
 * the pairs, so that a text without a space takes n log n steps and not n squared.
 */
export function mergePairs(parts: readonly string[], rankOf: RankOf): string[] {
  const texts: (string | null)[] = [...parts];
  const next = parts.map((_, at) => at + 1);
  const before = parts.map((_, at) => at - 1);
  const heap = new MergeHeap();
  const offer = (at: number) => {
    const left = texts[at];
    const right = texts[next[at] ?? texts.length];
    if (at < 0 || left == null || right == null) return;
    const rank = rankOf(left, right);
    if (rank !== undefined) heap.push({ rank, at, left, right });
  };
  for (let at = 0; at + 1 < texts.length; at++) offer(at);
  for (let merge = heap.pop(); merge; merge = heap.pop()) {
    const { at, left, right } = merge;
    const rightAt = next[at] ?? texts.length;
    // One of the two was merged with another meanwhile.
    if (texts[at] !== left || texts[rightAt] !== right) continue;
    texts[at] = left + right;
    texts[rightAt] = null;
    const after = next[rightAt] ?? texts.length;
    next[at] = after;
    if (after < texts.length) before[after] = at;
    offer(before[at] ?? -1);
    offer(at);
  }
  return texts.filter((text) => text !== null);
}

/** A binary heap, the lowest rank on top. */
class MergeHeap {
  readonly #merges: Merge[] = [];

  push(merge: Merge): void {
    const merges = this.#merges;
    let at = merges.push(merge) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): Merge | undefined {
    const merges = this.#merges;
    const top = merges[0];
    const last = merges.pop();
    if (!last || merges.length === 0) return top;
    merges[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (this.#isBefore(left, first)) first = left;
      if (this.#isBefore(right, first)) first = right;
      if (first === at) return top;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#merges[one], this.#merges[other]];
    return a !== undefined && b !== undefined && (a.rank < b.rank || (a.rank === b.rank && a.at < b.at));
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#merges[one], this.#merges[other]];
    if (a && b) [this.#merges[one], this.#merges[other]] = [b, a];
  }
}

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export const lerp = (from: number, to: number, share: number): number => from + (to - from) * share;

/** Remainder that is never negative, for positions on a closed track. */
export const wrap = (value: number, length: number): number => ((value % length) + length) % length;

/** Signed difference `to - from` on a circle of `length`, by the shorter way. */
export function wrappedDifference(from: number, to: number, length: number): number {
  const ahead = wrap(to - from, length);
  return ahead > length / 2 ? ahead - length : ahead;
}

/** A source of numbers in [0, 1). */
export type Random = () => number;

/** mulberry32 (Tommy Ettinger, public domain). Its 32 bits of state suffice for scenery. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

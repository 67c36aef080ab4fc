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

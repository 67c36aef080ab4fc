export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export const lerp = (from: number, to: number, share: number): number => from + (to - from) * share;

/** Remainder that is never negative: positions on a closed track. */
export const wrap = (value: number, length: number): number => ((value % length) + length) % length;

/** The shorter signed way from `from` to `to` on a circle of `length`. */
export function wrappedDifference(from: number, to: number, length: number): number {
  const ahead = wrap(to - from, length);
  return ahead > length / 2 ? ahead - length : ahead;
}

const STEP = 2;
const LARGE_STEP = 10;

/**
 * Where a key moves the divider, as a slider's keys do (WAI-ARIA Authoring Practices).
 * @param splitPercent 0..100
 * @returns null for a key that does not move it.
 */
export function splitAfterKey(splitPercent: number, key: string, isShift: boolean): number | null {
  const step = isShift ? LARGE_STEP : STEP;
  const moves: Record<string, number> = {
    ArrowLeft: -step,
    ArrowDown: -step,
    ArrowRight: step,
    ArrowUp: step,
    PageDown: -LARGE_STEP,
    PageUp: LARGE_STEP,
    Home: -100,
    End: 100,
  };
  const move = moves[key];
  return move === undefined ? null : clampPercent(splitPercent + move);
}

export function clampPercent(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}

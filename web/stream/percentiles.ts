import { STAGES, type StageTimes } from './frame-timing.ts';

/** A presented frame's figures. */
export interface FrameTiming {
  totalMs: number;
  stages: StageTimes;
}

export interface LatencySummary {
  glassToGlassMs: { p50: number; p95: number };
  stagesMs: { name: string; p50: number }[];
}

/** Nearest-rank percentile (NIST) of values in ascending order; 0 when there are none. */
export function percentile(ascending: readonly number[], fraction: number): number {
  const rank = Math.max(1, Math.ceil(fraction * ascending.length));
  return ascending[rank - 1] ?? 0;
}

/**
 * Glass-to-glass percentiles, and what a median frame spent its time on. Medians of single stages do not add up to the median of
 * the whole, so the stages are averaged over the fifth of the frames in the middle and scaled to the median: they add up exactly.
 */
export function summarize(timings: readonly FrameTiming[]): LatencySummary {
  const ascending = [...timings].sort((a, b) => a.totalMs - b.totalMs);
  const totals = ascending.map(({ totalMs }) => totalMs);
  const p50 = percentile(totals, 0.5);
  const middle = ascending.slice(Math.floor(0.4 * ascending.length), Math.ceil(0.6 * ascending.length));
  const middleMs = middle.reduce((sum, { totalMs }) => sum + totalMs, 0);
  const share = middleMs > 0 ? p50 / middleMs : 0;
  return {
    glassToGlassMs: { p50, p95: percentile(totals, 0.95) },
    stagesMs: STAGES.map((name) => ({
      name,
      p50: share * middle.reduce((sum, { stages }) => sum + stages[name], 0),
    })),
  };
}

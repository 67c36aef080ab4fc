import type { ServerStatus } from '../../shared/server-status.ts';

/** What happened between two looks at a server. */
export interface Rates {
  joinsPerS: number;
  signalsPerS: number;
  refusalsPerS: number;
  /** Processors' time used in a second. */
  cpu: number;
}

/** @returns null when there is nothing to compare with: no look before, or the server was started anew since. */
export function ratesBetween(before: ServerStatus | null, now: ServerStatus): Rates | null {
  if (!before) return null;
  const passedS = now.uptimeS - before.uptimeS;
  if (passedS <= 0) return null;
  const perS = (read: (status: ServerStatus) => number) => Math.max(0, read(now) - read(before)) / passedS;
  return {
    joinsPerS: perS(({ joins }) => joins.fresh + joins.resumed),
    signalsPerS: perS(({ signals }) => signals),
    refusalsPerS: perS(totalRefusals),
    cpu: perS(({ cpuS }) => cpuS),
  };
}

export function totalRefusals({ refusals }: ServerStatus): number {
  return refusals.reduce((sum, { count }) => sum + count, 0);
}

/** Part of the attempts to connect that led to a link, 0..1; NaN before the first. */
export function linkSuccess({ links: { direct, relay, failed } }: ServerStatus): number {
  return (direct + relay) / (direct + relay + failed);
}

/** From a socket's first byte to the answer to its join, on average since the start, ms; NaN before the first. */
export function meanJoinMs({ joins: { fresh, resumed, totalS } }: ServerStatus): number {
  return (totalS * 1_000) / (fresh + resumed);
}

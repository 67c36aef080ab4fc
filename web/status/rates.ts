import type { ServerStatus } from '../../shared/server-status.ts';

/** Rates between two samples of a server's status. */
export interface Rates {
  joinsPerS: number;
  signalsPerS: number;
  refusalsPerS: number;
  /** Processor seconds used per second. */
  cpu: number;
}

/** @returns null when there is nothing to compare: no earlier sample, or the server was restarted since. */
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

/** Fraction of the attempts to connect that led to a link, 0 to 1; NaN before the first attempt. */
export function linkSuccess({ links: { direct, relay, failed } }: ServerStatus): number {
  return (direct + relay) / (direct + relay + failed);
}

/** Mean time from the first byte of a socket to the answer to its join, since the start, ms; NaN before the first join. */
export function meanJoinMs({ joins: { fresh, resumed, totalS } }: ServerStatus): number {
  return (totalS * 1_000) / (fresh + resumed);
}

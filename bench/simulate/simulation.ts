import { median, percentile } from '../measuring.ts';
import { ours, RoundRobin } from './matchmakers.ts';
import { PEOPLE } from './people.ts';
import { meanFlow } from './work.ts';
import { World } from './world.ts';

const SEED = 7;
const MATCHMAKERS = { ours, roundRobin: () => new RoundRobin() };

export type MatchmakerName = keyof typeof MATCHMAKERS;

/** One hour under one matchmaker, in a process of its own. */
export function simulate(name: MatchmakerName) {
  const startedMs = performance.now();
  const world = new World(SEED, PEOPLE.crowd, MATCHMAKERS[name]);
  world.events.runUntil(PEOPLE.hourS);
  const { decisionsMs, calm, rush } = world.figures;
  return {
    decisions: {
      count: decisionsMs.length,
      p50Ms: median(decisionsMs),
      p99Ms: percentile(decisionsMs, 0.99),
      maxMs: percentile(decisionsMs, 1),
    },
    /** The mean flow of each phase's minutes. */
    calm: meanFlow(calm),
    rush: meanFlow(rush),
    tookS: (performance.now() - startedMs) / 1_000,
    residentBytes: process.memoryUsage.rss(),
  };
}

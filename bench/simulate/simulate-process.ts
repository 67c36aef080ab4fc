import { memoryUsage } from 'node:process';
import { dispatchSample, type Sampled } from './dispatch-sample.ts';
import { type Matchmaker, ours, randomly, roundRobin } from './matchmakers.ts';
import { type Flow, meanFlow, quantileOf } from './measures.ts';
import { PEOPLE } from './people.ts';
import { Random } from './random.ts';
import { World } from './world.ts';

/** One hour under one matchmaker, in a process of its own: told as a message to whoever started it. */

export interface Outcome {
  decisions: Timing;
  /** The same of each kind of event. */
  byEvent: Record<string, Timing>;
  calm: Phase;
  rush: Phase;
  tookS: number;
  residentBytes: number;
}

export interface Phase {
  /** The mean of its minutes. */
  flow: Flow;
  /** At one moment of it. */
  dispatched: Sampled;
}

export interface Timing {
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

const SEED = 7;
const MATCHMAKERS: Record<string, ConstructorParameters<typeof World>[2]> = {
  ours,
  'round-robin': roundRobin,
  random: (): Matchmaker => randomly(new Random(SEED + 1)),
};

async function simulate(name: string): Promise<Outcome> {
  const matchmaker = MATCHMAKERS[name];
  if (!matchmaker) throw new Error(`There is no matchmaker ${name}.`);
  const startedMs = performance.now();
  const world = new World(SEED, PEOPLE.crowd, matchmaker);
  world.agenda.runUntil(PEOPLE.rushAtS - 1);
  const inCalm = await dispatchSample(world);
  world.agenda.runUntil(PEOPLE.hourS - PEOPLE.rushAtS / 2);
  const inRush = await dispatchSample(world);
  world.agenda.runUntil(PEOPLE.hourS);
  const { decisionsMs, calm, rush } = world.figures;
  return {
    decisions: timingOf([...decisionsMs.values()].flat()),
    byEvent: Object.fromEntries([...decisionsMs].map(([event, tookMs]) => [event, timingOf(tookMs)])),
    calm: { flow: meanFlow(calm), dispatched: inCalm },
    rush: { flow: meanFlow(rush), dispatched: inRush },
    tookS: (performance.now() - startedMs) / 1_000,
    residentBytes: memoryUsage.rss(),
  };
}

function timingOf(tookMs: readonly number[]): Timing {
  const sorted = Float64Array.from(tookMs).sort();
  const at = (part: number) => quantileOf(sorted, part);
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

process.send?.(await simulate(process.argv[2] ?? ''));
process.disconnect?.();

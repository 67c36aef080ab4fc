import { memoryUsage } from 'node:process';
import { dispatchSample, type Sampled } from './dispatch-sample.ts';
import { type Matchmaker, ours, randomly, roundRobin } from './matchmakers.ts';
import { PEOPLE } from './people.ts';
import { Random } from './random.ts';
import type { Flow } from './work.ts';
import { World } from './world.ts';

/** One hour under one matchmaker, in a process of its own: told as a message to whoever started it. */

export interface Outcome {
  decisions: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  calm: Flow;
  rush: Flow;
  sampledCalm: Sampled;
  sampledRush: Sampled;
  tookS: number;
  residentBytes: number;
}

const SEED = 7;
const MATCHMAKERS: Record<string, ConstructorParameters<typeof World>[1]> = {
  ours,
  'round-robin': roundRobin,
  random: (): Matchmaker => randomly(new Random(SEED + 1)),
};

async function simulate(name: string): Promise<Outcome> {
  const matchmaker = MATCHMAKERS[name];
  if (!matchmaker) throw new Error(`There is no matchmaker ${name}.`);
  const startedMs = performance.now();
  const world = new World(SEED, matchmaker);
  world.agenda.runUntil(PEOPLE.rushAtS - 1);
  const sampledCalm = await dispatchSample(world);
  world.agenda.runUntil(PEOPLE.hourS - PEOPLE.rushAtS / 2);
  const sampledRush = await dispatchSample(world);
  world.agenda.runUntil(PEOPLE.hourS);
  const { decisionsMs, calm, rush } = world.figures;
  decisionsMs.sort((a, b) => a - b);
  const at = (part: number) =>
    decisionsMs[Math.min(decisionsMs.length - 1, Math.floor(part * decisionsMs.length))] ?? 0;
  return {
    decisions: decisionsMs.length,
    ...{ p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
    ...{ calm: mean(calm), rush: mean(rush), sampledCalm, sampledRush },
    tookS: (performance.now() - startedMs) / 1_000,
    residentBytes: memoryUsage.rss(),
  };
}

function mean(flows: readonly Flow[]): Flow {
  const of = (key: keyof Flow) => flows.reduce((sum, flow) => sum + flow[key], 0) / flows.length;
  return { served: of('served'), fairness: of('fairness'), loadSpread: of('loadSpread'), full: of('full') };
}

process.send?.(await simulate(process.argv[2] ?? ''));
process.disconnect?.();

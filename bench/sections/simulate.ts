import { World } from '../../signaling-server/lobby/test-hour.ts';
import { ours } from '../../signaling-server/lobby/test-matchmakers.ts';
import { PEOPLE } from '../../signaling-server/lobby/test-people.ts';
import type { Section } from '../context.ts';
import { percentile } from '../measuring.ts';
import { figure } from '../report.ts';

const SEED = 7;

/** Who joins, pauses and leaves, and work as a flow, with loads reported once a minute. Whom the lobby serves is a matter of tests. */
export const simulate: Section = {
  name: 'simulate',
  onlyWhenNamed: true,
  about: 'what a decision of the lobby takes in an hour of virtual time with 100,000 volunteers and 20,000 gamers',
  async run(context) {
    const child = context.startProcess<{ simulateHour: typeof simulateHour }>('sections/simulate');
    const { decisionsMs, tookS, residentBytes } = await child.call('simulateHour');
    const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => percentile(decisionsMs, share));
    return [
      figure('a decision of the lobby, p99', p99Ms ?? Number.NaN, 'ms', {
        below: 1,
        note: `${decisionsMs.length} of them, p50 ${p50Ms?.toFixed(3)}, longest ${maxMs?.toFixed(1)}`,
      }),
      figure('memory of the simulation', residentBytes / 1024 ** 2, 'MB', {
        below: 2_048,
        note: `${tookS.toFixed(0)} s`,
      }),
    ];
  },
};

/** To be called in a process of its own: memory is measured. */
export function simulateHour() {
  const startedMs = performance.now();
  const world = new World(SEED, PEOPLE.crowd, ours);
  world.events.runUntil(PEOPLE.hourS);
  const decisionsMs = Float64Array.from(world.figures.decisionsMs);
  return { decisionsMs, tookS: (performance.now() - startedMs) / 1_000, residentBytes: process.memoryUsage.rss() };
}

import { World } from '../../signaling-server/lobby/test-hour.ts';
import { ours, RoundRobin } from '../../signaling-server/lobby/test-matchmakers.ts';
import { PEOPLE } from '../../signaling-server/lobby/test-people.ts';
import { meanFlow } from '../../signaling-server/lobby/test-work.ts';
import type { Section } from '../context.ts';
import { median, percentile } from '../measuring.ts';
import { figure, type Row, text } from '../report.ts';

const SEED = 7;
const MATCHMAKERS = { ours, roundRobin: () => new RoundRobin() };

type MatchmakerName = keyof typeof MATCHMAKERS;
type Outcome = ReturnType<typeof simulateHour>;

export const simulate: Section = {
  name: 'simulate',
  onlyWhenNamed: true,
  about:
    '100,000 volunteers and 20,000 gamers in the lobby for an hour of virtual time: our matchmaker beside round-robin',
  async run(context) {
    // One after another, since decisions are timed.
    const simulated = async (name: MatchmakerName) => {
      const child = context.startProcess<{ simulateHour: typeof simulateHour }>('sections/simulate');
      const outcome = await child.call('simulateHour', name);
      child.kill();
      console.log(`${name}: an hour in ${outcome.tookS.toFixed(0)} s`);
      return outcome;
    };
    const all = { ours: await simulated('ours'), roundRobin: await simulated('roundRobin') };
    const { count, p50Ms, p99Ms, maxMs } = all.ours.decisions;
    return [
      text('what is simulated', 'who joins, pauses and leaves, and work as a flow, with loads reported once a minute'),
      figure('a decision of the lobby, p99', p99Ms, 'ms', {
        below: 1,
        note: `${count} of them, p50 ${p50Ms.toFixed(3)}, longest ${maxMs.toFixed(1)}; round-robin, which ranks nobody, ${all.roundRobin.decisions.p99Ms.toFixed(3)}`,
      }),
      ...phaseRows('calm', 'enough volunteers', all),
      ...phaseRows('rush', 'three in four pause', all),
      figure('memory of the simulation', all.ours.residentBytes / 1024 ** 2, 'MB', { below: 2_048 }),
    ];
  },
};

/** One hour under one matchmaker, to be called in a process of its own: memory is measured. */
export function simulateHour(name: MatchmakerName) {
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

function phaseRows(phase: 'calm' | 'rush', title: string, all: Record<MatchmakerName, Outcome>): Row[] {
  const row = (what: string, key: keyof Outcome['calm'], better: 'above' | 'below') =>
    figure(`${title}: ${what}`, all.ours[phase][key], '', {
      [better]: all.roundRobin[phase][key],
      note: `round-robin ${all.roundRobin[phase][key].toFixed(4)}`,
    });
  return [
    row('share of gamers that are served', 'served', 'above'),
    row('fairness (Jain)', 'fairness', 'above'),
    row('spread of load, deviation / mean', 'loadSpread', 'below'),
  ];
}

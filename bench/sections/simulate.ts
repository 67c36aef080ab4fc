import type { Section } from '../context.ts';
import { figure, type Row, short, text } from '../report.ts';
import type * as Simulation from '../simulate/simulation.ts';

type Outcome = Awaited<ReturnType<typeof Simulation.simulate>>;
type Outcomes = Record<Simulation.MatchmakerName, Outcome>;

export const simulate: Section = {
  name: 'simulate',
  onlyWhenNamed: true,
  about:
    '100,000 volunteers and 20,000 gamers in the lobby for an hour of virtual time: our matchmaker beside round-robin and random',
  async run(context) {
    // One after another, since decisions are timed.
    const simulated = async (name: Simulation.MatchmakerName) => {
      const child = context.startProcess<typeof Simulation>('simulate/simulation');
      const outcome = await child.call('simulate', name);
      child.kill();
      context.say(`${name}: an hour in ${outcome.tookS.toFixed(0)} s`);
      return outcome;
    };
    const all = {
      ours: await simulated('ours'),
      roundRobin: await simulated('roundRobin'),
      random: await simulated('random'),
    };
    const { count, p50Ms, p99Ms, maxMs } = all.ours.decisions;
    return [
      text(
        'what is simulated',
        `who joins, pauses and leaves, and work as a flow, for all of them, with loads reported once a minute; single tasks under the real dispatcher for ${all.ours.calm.dispatched.gamers} of the gamers in each phase, 3 s each: all 20,000 would take hours`,
      ),
      figure('a decision of the lobby, p99', p99Ms, 'ms', {
        below: 1,
        note: `${count} of them, p50 ${p50Ms.toFixed(3)}, longest ${maxMs.toFixed(1)}; without a ranking: round-robin ${all.roundRobin.decisions.p99Ms.toFixed(3)}, random ${all.random.decisions.p99Ms.toFixed(3)}`,
      }),
      ...phaseRows('calm', 'enough volunteers', all),
      ...phaseRows('rush', 'three in four pause', all),
      figure('memory of the simulation', all.ours.residentBytes / 1024 ** 2, 'MB', { below: 2_048 }),
    ];
  },
};

function phaseRows(phase: 'calm' | 'rush', title: string, { ours, roundRobin, random }: Outcomes): Row[] {
  type Part = Outcome['calm'];
  const row = (
    what: string,
    unit: string,
    of: (part: Part) => number,
    better: 'above' | 'below' | null,
    explained = '',
  ) =>
    figure(`${title}: ${what}`, of(ours[phase]), unit, {
      ...(better && { [better]: of(roundRobin[phase]) }),
      note: `${explained}round-robin ${exact(of(roundRobin[phase]))}, random ${exact(of(random[phase]))}`,
    });
  return [
    row('gamers served', '%', ({ flow }) => 100 * flow.served, 'above'),
    row('fairness (Jain)', '', ({ flow }) => flow.fairness, 'above'),
    row('spread of load', '', ({ flow }) => flow.loadSpread, 'below', 'deviation / mean; '),
    // No target: volunteers that do more are full more often.
    row('volunteers that are full', '%', ({ flow }) => 100 * flow.full, null),
    row(
      'dispatched tasks done within 500 ms',
      '%',
      ({ dispatched: { inTime, tasks } }) => (100 * inTime) / tasks,
      'above',
    ),
  ];
}

/** Ratios near 1 differ in the fourth digit only. */
const exact = (value: number) => (value <= 1 ? value.toFixed(4) : short(value));

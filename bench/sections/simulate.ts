import type { Section } from '../context.ts';
import { figure, type Row, text } from '../report.ts';
import type * as Simulation from '../simulate/simulation.ts';

type Outcome = Awaited<ReturnType<typeof Simulation.simulate>>;
type Outcomes = Record<Simulation.MatchmakerName, Outcome>;

export const simulate: Section = {
  name: 'simulate',
  onlyWhenNamed: true,
  about:
    '100,000 volunteers and 20,000 gamers in the lobby for an hour of virtual time: our matchmaker beside round-robin',
  async run(context) {
    // One after another, since decisions are timed.
    const simulated = async (name: Simulation.MatchmakerName) => {
      const child = context.startProcess<typeof Simulation>('simulate/simulation');
      const outcome = await child.call('simulate', name);
      child.kill();
      context.say(`${name}: an hour in ${outcome.tookS.toFixed(0)} s`);
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

function phaseRows(phase: 'calm' | 'rush', title: string, { ours, roundRobin }: Outcomes): Row[] {
  const row = (what: string, key: keyof Outcome['calm'], better: 'above' | 'below' | null) =>
    figure(`${title}: ${what}`, ours[phase][key], '', {
      ...(better && { [better]: roundRobin[phase][key] }),
      note: `round-robin ${roundRobin[phase][key].toFixed(4)}`,
    });
  return [
    row('share of gamers that are served', 'served', 'above'),
    row('fairness (Jain)', 'fairness', 'above'),
    row('spread of load, deviation / mean', 'loadSpread', 'below'),
    // No target: volunteers that do more are full more often.
    row('share of volunteers that are full', 'full', null),
  ];
}

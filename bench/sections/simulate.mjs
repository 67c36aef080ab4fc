import { answerOf } from '../answer.mjs';
import { figure, said } from '../rows.mjs';

const MATCHMAKERS = /** @type {const} */ (['ours', 'round-robin', 'random']);

/** @typedef {import('../simulate/simulate-process.ts').Outcome} Outcome */
/** @typedef {{ ours: Outcome, inTurn: Outcome, random: Outcome }} Outcomes */
/** @typedef {'calm' | 'rush'} Phase */

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'simulate',
  onlyWhenNamed: true,
  about:
    '100,000 volunteers and 20,000 gamers in the lobby for an hour of virtual time: our matchmaker beside round-robin and random',
  async run(context) {
    const [file = ''] = await context.bundle(['bench/simulate/simulate-process.ts']);
    /** @type {Partial<Record<string, Outcome>>} */
    const outcomes = {};
    // One after another: they are to be timed.
    for (const name of MATCHMAKERS) {
      const outcome = /** @type {Outcome} */ (await answerOf(context.startNode(file, [name])));
      outcomes[name] = outcome;
      context.say(`${name}: an hour in ${outcome.tookS.toFixed(0)} s`);
    }
    const { ours, 'round-robin': inTurn, random } = outcomes;
    if (!ours || !inTurn || !random) throw new Error('A matchmaker gave no outcome.');
    const all = { ours, inTurn, random };
    return [
      said(
        'what is simulated',
        `who comes, pauses and leaves, and work as a flow, for all of them, loads told once a minute; single tasks under the real dispatcher for ${ours.calm.dispatched.gamers} of the gamers in each phase, 3 s each: all 20,000 would take hours`,
      ),
      decisionRow(all),
      ...phaseRows('calm', 'enough volunteers', all),
      ...phaseRows('rush', 'three in four pause', all),
      figure('memory of the simulation', ours.residentBytes / 1024 ** 2, 'MB', { below: 2_048 }),
    ];
  },
};

/** @param {Outcomes} outcomes */
function decisionRow({ ours, inTurn, random }) {
  const { count, p50Ms, p99Ms, maxMs } = ours.decisions;
  const others = `round-robin ${inTurn.decisions.p99Ms.toFixed(3)}, random ${random.decisions.p99Ms.toFixed(3)}, which rank nobody`;
  const byEvent = Object.entries(ours.byEvent).map(([event, timing]) => `${event} ${timing.p99Ms.toFixed(3)}`);
  return figure('a decision of the lobby, p99', p99Ms, 'ms', {
    below: 1,
    note: `${count} of them, p50 ${p50Ms.toFixed(3)}, longest ${maxMs.toFixed(1)}; ${byEvent.join(', ')}; ${others}`,
  });
}

/**
 * @param {Phase} phase
 * @param {string} name
 * @param {Outcomes} outcomes
 */
function phaseRows(phase, name, { ours, inTurn, random }) {
  /** @param {(outcome: Outcome) => number} of @param {number} [digits] */
  const beside = (of, digits = 2) => `round-robin ${of(inTurn).toFixed(digits)}, random ${of(random).toFixed(digits)}`;
  /** @param {Outcome} outcome */
  const served = (outcome) => 100 * outcome[phase].flow.served;
  /** @param {Outcome} outcome */
  const fairness = (outcome) => outcome[phase].flow.fairness;
  /** @param {Outcome} outcome */
  const loadSpread = (outcome) => outcome[phase].flow.loadSpread;
  /** @param {Outcome} outcome */
  const full = (outcome) => 100 * outcome[phase].flow.full;
  /** @param {Outcome} outcome */
  const inTime = (outcome) => (100 * outcome[phase].dispatched.inTime) / outcome[phase].dispatched.tasks;
  return [
    figure(`${name}: gamers served`, served(ours), '%', { above: served(inTurn), note: beside(served) }),
    figure(`${name}: fairness (Jain)`, fairness(ours), '', { above: fairness(inTurn), note: beside(fairness, 4) }),
    figure(`${name}: spread of load`, loadSpread(ours), '', {
      below: loadSpread(inTurn),
      note: `deviation / mean; ${beside(loadSpread)}`,
    }),
    // No mark: those who do more are full more often.
    figure(`${name}: volunteers that are full`, full(ours), '%', { note: beside(full) }),
    figure(`${name}: dispatched tasks done within 500 ms`, inTime(ours), '%', {
      above: inTime(inTurn),
      note: beside(inTime),
    }),
  ];
}

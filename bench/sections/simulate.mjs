import { answerOf } from '../answer.mjs';
import { figure, said } from '../rows.mjs';

const MATCHMAKERS = /** @type {const} */ (['ours', 'round-robin', 'random']);

/** @typedef {import('../simulate/simulate-process.ts').Outcome} Outcome */

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
    return rowsOf(ours, inTurn, random);
  },
};

/**
 * @param {Outcome} ours
 * @param {Outcome} inTurn
 * @param {Outcome} random
 */
function rowsOf(ours, inTurn, random) {
  /** @param {(outcome: Outcome) => number} of @param {number} [digits] */
  const beside = (of, digits = 1) => `round-robin ${of(inTurn).toFixed(digits)}, random ${of(random).toFixed(digits)}`;
  /** @type {import('../rows.mjs').Row[]} */
  const rows = [
    said(
      'what is simulated',
      'who comes, works and leaves, for all; work as a flow for all, and by real dispatchers for 20 gamers of each half hour: for all 20,000 they would take hours',
    ),
    figure('a decision of the lobby, p99', ours.p99Ms, 'ms', {
      below: 1,
      note: `${ours.decisions} decisions, p50 ${ours.p50Ms.toFixed(3)}, longest ${ours.maxMs.toFixed(1)}; ${beside(({ p99Ms }) => p99Ms, 3)}`,
    }),
  ];
  for (const [phase, name] of /** @type {const} */ ([
    ['calm', 'enough volunteers'],
    ['rush', 'three in four pause'],
  ])) {
    /** @param {Outcome} outcome */
    const served = (outcome) => 100 * outcome[phase].served;
    /** @param {Outcome} outcome */
    const inTime = ({ sampledCalm, sampledRush }) => {
      const sampled = phase === 'calm' ? sampledCalm : sampledRush;
      return (100 * sampled.inTime) / sampled.tasks;
    };
    rows.push(
      figure(`${name}: gamers served`, served(ours), '%', { above: served(inTurn), note: beside(served) }),
      figure(`${name}: fairness (Jain)`, ours[phase].fairness, '', {
        above: inTurn[phase].fairness,
        note: beside((outcome) => outcome[phase].fairness, 3),
      }),
      figure(`${name}: spread of load`, ours[phase].loadSpread, '', {
        below: inTurn[phase].loadSpread,
        note: `deviation / mean; ${beside((outcome) => outcome[phase].loadSpread, 2)}`,
      }),
      figure(`${name}: volunteers that are full`, 100 * ours[phase].full, '%', {
        note: beside((outcome) => 100 * outcome[phase].full),
      }),
      figure(`${name}: dispatched tasks done within 500 ms`, inTime(ours), '%', {
        above: inTime(inTurn),
        note: beside(inTime),
      }),
    );
  }
  rows.push(figure('memory of the simulation', ours.residentBytes / 1024 ** 2, 'MB', { below: 2_048 }));
  return rows;
}

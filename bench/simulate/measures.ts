import { sum } from '../measuring.ts';

/** The figures of the simulation. */

/** A gamer that gets this share of what it wants is served: it does not notice the rest. */
const SERVED = 0.95;
/** A volunteer that is busy for this share of its time has none left. */
const FULL = 0.99;

/** How the work of all flows at one moment. */
export interface Flow {
  /** Share of the gamers that are served. */
  served: number;
  /** Jain's index of the shares that gamers get of what each wants. */
  fairness: number;
  /** {@link spreadOf} the loads of volunteers that accept work. Loads are shares of their time, so each is measured by what it can do. */
  loadSpread: number;
  /** Share of these volunteers that are full. */
  full: number;
}

/**
 * @param shares - what each gamer gets of what it wants, 0..1
 * @param loads - the load of each volunteer that accepts work, 0..1
 */
export function flowOf(shares: readonly number[], loads: readonly number[]): Flow {
  return {
    served: meanOf(shares.map((share) => Number(share >= SERVED))),
    fairness: jainIndex(shares),
    loadSpread: spreadOf(loads),
    full: meanOf(loads.map((load) => Number(load >= FULL))),
  };
}

export function meanFlow(flows: readonly Flow[]): Flow {
  const mean = (key: keyof Flow) => meanOf(flows.map((flow) => flow[key]));
  return { served: mean('served'), fairness: mean('fairness'), loadSpread: mean('loadSpread'), full: mean('full') };
}

/**
 * (sum of x)^2 / (n * sum of x^2): 1 if all have the same, 1/n if one has all, 1 if nobody has anything. Jain, Chiu and Hawe,
 * "A quantitative measure of fairness and discrimination for resource allocation in shared computer systems", DEC-TR-301, 1984.
 */
export function jainIndex(values: readonly number[]): number {
  const squares = sum(values.map((value) => value * value));
  return squares === 0 ? 1 : sum(values) ** 2 / (values.length * squares);
}

/** The coefficient of variation, standard deviation over mean: 0 if all are alike. */
export function spreadOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return mean > 0 ? Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))) / mean : 0;
}

function meanOf(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** What the simulation tells of a moment or an hour; each figure is defined here and nowhere else. */

/** A gamer that gets this part of what it wants is served: it does not notice the rest. */
const SERVED = 0.95;
/** A volunteer that is busy for this part of its time has none to spare. */
const FULL = 0.99;

/** How the work of everybody flows at one moment. */
export interface Flow {
  /** Part of the gamers that are served. */
  served: number;
  /** Jain's index of the parts that gamers get of what each wants. */
  fairness: number;
  /** {@link spreadOf} the loads of volunteers that accept work: of the parts of their time, so that each is measured by what it can do. */
  loadSpread: number;
  /** Part of those that are full. */
  full: number;
}

/**
 * @param parts what each gamer gets of what it wants, 0..1
 * @param loads the part of its time that each volunteer which accepts work is busy, 0..1
 */
export function flowOf(parts: readonly number[], loads: readonly number[]): Flow {
  return {
    served: partOf(parts, (part) => part >= SERVED),
    fairness: jainIndex(parts),
    loadSpread: spreadOf(loads),
    full: partOf(loads, (load) => load >= FULL),
  };
}

export function meanFlow(flows: readonly Flow[]): Flow {
  const mean = (key: keyof Flow) => meanOf(flows.map((flow) => flow[key]));
  return { served: mean('served'), fairness: mean('fairness'), loadSpread: mean('loadSpread'), full: mean('full') };
}

/**
 * (sum of x)^2 / (n * sum of x^2): 1 when all have the same, 1/n when one has all; 1 where nobody has anything. Jain, Chiu and Hawe,
 * "A quantitative measure of fairness and discrimination for resource allocation in shared computer systems", DEC-TR-301, 1984.
 */
export function jainIndex(shares: readonly number[]): number {
  let [sum, squares] = [0, 0];
  for (const share of shares) {
    sum += share;
    squares += share * share;
  }
  return squares === 0 ? 1 : sum ** 2 / (shares.length * squares);
}

/** Standard deviation over mean, also called coefficient of variation: 0 when all are alike. */
export function spreadOf(values: readonly number[]): number {
  const mean = meanOf(values);
  if (!(mean > 0)) return 0;
  const variance = meanOf(values.map((value) => (value - mean) ** 2));
  return Math.sqrt(variance) / mean;
}

/** The least value that this part of them do not exceed (nearest rank); NaN of none. */
export function quantileOf(sorted: ArrayLike<number>, part: number): number {
  const rank = Math.max(1, Math.ceil(part * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** NaN of none. */
function partOf(values: readonly number[], isIt: (value: number) => boolean): number {
  let count = 0;
  for (const value of values) if (isIt(value)) count++;
  return count / values.length;
}

import { MeshError } from '../../errors.ts';
import type { Steps } from '../definition.ts';
import { type Bodies, NUMBERS_PER_STATE, type PhysicsResult, type Schedule, type World, withState } from './bodies.ts';
import { type StepWatch, simulate } from './simulate.ts';

/** Relative error of an honest machine in a number and in each sum: a few roundings in single precision. */
const ROUNDING_SHARE = 1e-6;
/** Error bounds are estimates: differences up to this many times the bound are accepted. */
const ERROR_SLACK = 4;
/** Relative error allowed in the total momentum and energy, and how much more with each step. */
const CONSERVED_SHARE = 1e-4;
const CONSERVED_SHARE_PER_STEP = 1e-7;

/**
 * Checks the conservation laws at every checkpoint, and computes one random segment between two checkpoints again: each body must be
 * within its rounding error, and every pair that certainly collided must be listed. Throws MeshError `verify-failed`.
 */
export function* verifySimulated(
  start: Bodies,
  world: World,
  schedule: Schedule,
  result: PhysicsResult,
  random: () => number,
): Steps<void> {
  const states = statesOf(start, result);
  for (const [i, state] of states.entries()) {
    if (i === 0) continue;
    const broken = brokenLaw(start, state, world, Math.min(i * schedule.checkpointEvery, schedule.steps));
    if (broken) throw MeshError.verifyFailed(`${broken} in a simulation that came back.`);
    yield;
  }
  const part = Math.min(states.length - 2, Math.floor(random() * (states.length - 1)));
  const [from, to] = [states[part], states[part + 1]];
  if (!from || !to) return;
  const steps = Math.min(schedule.checkpointEvery, schedule.steps - part * schedule.checkpointEvery);
  const ours = { ...from, positions: from.positions.slice(), velocities: from.velocities.slice() };
  const bounds = new ErrorBounds(ours, world);
  yield* simulate(ours, world, { steps, checkpointEvery: steps }, bounds);
  if (!isNear(ours.positions, to.positions, bounds.places))
    throw MeshError.verifyFailed('A simulation came back with bodies at wrong positions.');
  if (!isNear(ours.velocities, to.velocities, bounds.speeds))
    throw MeshError.verifyFailed('A simulation came back with bodies at wrong velocities.');
  const listed = new Set(result.collisions.map(([first, second]) => first * ours.masses.length + second));
  if (bounds.certain.some((key) => !listed.has(key)))
    throw MeshError.verifyFailed('A simulation came back without all of its collisions.');
}

/** The first state, the checkpoints and the last state. */
function statesOf(start: Bodies, { bodies, checkpoints }: PhysicsResult): Bodies[] {
  const numbers = start.masses.length * NUMBERS_PER_STATE;
  const states = [start];
  for (let at = 0; at < checkpoints.states.length; at += numbers) {
    states.push(withState(start, checkpoints.states.subarray(at, at + numbers)));
  }
  const last = Float64Array.from(bodies.flatMap(({ position, velocity }) => [...position, ...velocity]));
  return [...states, withState(start, last)];
}

function isNear(ours: Float64Array, theirs: Float64Array, bounds: Float64Array): boolean {
  return ours.every((value, i) => {
    const bound = (bounds[Math.trunc(i / 3)] ?? 0) + ROUNDING_SHARE * Math.abs(value);
    return Math.abs(value - (theirs[i] ?? 0)) <= ERROR_SLACK * bound;
  });
}

const AXES = [0, 1, 2] as const;

/** Conserved quantities, and the sums of their absolute terms, to which errors are relative. */
interface Totals {
  mass: number;
  momentum: number[];
  momentumScale: number;
  /** Sum of mass times position. */
  moment: number[];
  momentScale: number;
  motionEnergy: number;
}

function totalsOf({ positions, velocities, masses }: Bodies): Totals {
  const totals: Totals = {
    ...{ mass: 0, momentumScale: 0, momentScale: 0, motionEnergy: 0 },
    ...{ momentum: [0, 0, 0], moment: [0, 0, 0] },
  };
  for (let i = 0; i < masses.length; i++) {
    const mass = masses[i] ?? 0;
    totals.mass += mass;
    for (const axis of AXES) {
      const speed = velocities[i * 3 + axis] ?? 0;
      const place = positions[i * 3 + axis] ?? 0;
      totals.momentum[axis] = (totals.momentum[axis] ?? 0) + mass * speed;
      totals.moment[axis] = (totals.moment[axis] ?? 0) + mass * place;
      totals.momentumScale += mass * Math.abs(speed);
      totals.momentScale += mass * Math.abs(place);
      totals.motionEnergy += 0.5 * mass * speed * speed;
    }
  }
  return totals;
}

/**
 * Returns the conservation law that a later state violates; null if none. Momentum and the centre of mass follow gravity exactly. Energy
 * falls by a known small amount with each step, because the integration updates velocities before positions. Inelastic collisions take
 * more energy, and nothing adds any.
 */
function brokenLaw(before: Bodies, after: Bodies, { gravity, timestepS, restitution }: World, steps: number) {
  const [was, is] = [totalsOf(before), totalsOf(after)];
  const elapsedS = steps * timestepS;
  const share = CONSERVED_SHARE + steps * CONSERVED_SHARE_PER_STEP;
  const pull = AXES.map((axis) => is.mass * gravity[axis]);
  const pullScale = pull.reduce((sum, value) => sum + Math.abs(value), 0);
  const momentumSlack = share * (was.momentumScale + is.momentumScale + pullScale * elapsedS);
  const momentSlack =
    share * (was.momentScale + is.momentScale + was.momentumScale * elapsedS + pullScale * elapsedS ** 2);
  let fallen = 0;
  for (const axis of AXES) {
    const momentum = was.momentum[axis] ?? 0;
    const moment = was.moment[axis] ?? 0;
    const force = pull[axis] ?? 0;
    const expected = moment + momentum * elapsedS + force * timestepS * timestepS * steps * (steps + 1) * 0.5;
    if (Math.abs((is.momentum[axis] ?? 0) - momentum - force * elapsedS) > momentumSlack)
      return 'Momentum is not conserved';
    if (Math.abs((is.moment[axis] ?? 0) - expected) > momentSlack) return 'The centre of mass has moved';
    fallen += gravity[axis] * ((is.moment[axis] ?? 0) - moment);
  }
  const gravitySquared = gravity.reduce((sum, value) => sum + value * value, 0);
  const stepLoss = 0.5 * is.mass * gravitySquared * timestepS * elapsedS;
  const excess = is.motionEnergy - was.motionEnergy - fallen + stepLoss;
  const slack =
    share * (was.motionEnergy + is.motionEnergy + Math.abs(fallen) + pullScale * (momentSlack / share / is.mass));
  if (excess > slack) return 'Energy was gained';
  if (restitution === 1 && excess < -slack) return 'Energy was lost in elastic collisions';
  return null;
}

/**
 * Bounds, body by body, how far a machine with other rounding may deviate in the course of a simulation. Rounding errors add up; a contact
 * turns an error of position into one of direction; and where two bodies barely touch, one machine may have let them bounce and the other
 * not. A fixed tolerance could only guess this.
 */
class ErrorBounds implements StepWatch {
  /** Error bounds of positions, m, and velocities, m/s. */
  readonly places: Float64Array;
  readonly speeds: Float64Array;
  /** Keys of pairs that certainly collided. */
  readonly certain: number[] = [];
  readonly #bodies: Bodies;
  readonly #world: World;
  #margin = 0;

  /** Starts with one rounding error for each body. */
  constructor(bodies: Bodies, world: World) {
    this.#bodies = bodies;
    this.#world = world;
    const count = bodies.masses.length;
    this.places = Float64Array.from({ length: count }, (_, i) => rounding(bodies.positions, i));
    this.speeds = Float64Array.from({ length: count }, (_, i) => rounding(bodies.velocities, i));
  }

  get margin(): number {
    return this.#margin;
  }

  moved(): void {
    const { positions, velocities, radii } = this.#bodies;
    const { timestepS } = this.#world;
    this.#margin = 0;
    for (let i = 0; i < this.places.length; i++) {
      const speed = (this.speeds[i] ?? 0) + rounding(velocities, i);
      const place = (this.places[i] ?? 0) + speed * timestepS + rounding(positions, i);
      this.speeds[i] = speed;
      this.places[i] = place;
      // Capped, so that one very uncertain body does not widen the search for all.
      this.#margin = Math.max(this.#margin, Math.min(2 * place, radii[i] ?? 0));
    }
  }

  met(first: number, second: number, gap: number): void {
    const { positions, velocities, radii, masses } = this.#bodies;
    const reach = (this.places[first] ?? 0) + (this.places[second] ?? 0);
    if (gap > reach) return;
    const isCertain = gap < -ERROR_SLACK * reach;
    if (isCertain) this.certain.push(first * masses.length + second);
    const distance = Math.max(gap + (radii[first] ?? 0) + (radii[second] ?? 0), Number.MIN_VALUE);
    let approach = 0;
    let relative = 0;
    for (let axis = 0; axis < 3; axis++) {
      const a = first * 3 + axis;
      const b = second * 3 + axis;
      const speed = (velocities[a] ?? 0) - (velocities[b] ?? 0);
      approach += (speed * ((positions[b] ?? 0) - (positions[a] ?? 0))) / distance;
      relative += speed * speed;
    }
    // Change of the direction of the line of centres; 2 is a reversal.
    const turn = Math.min(2, reach / distance);
    const approachError = (this.speeds[first] ?? 0) + (this.speeds[second] ?? 0) + Math.sqrt(relative) * turn;
    if (approach < -approachError) return;
    const impulseError = isCertain ? approachError + Math.abs(approach) * turn : Math.abs(approach) + approachError;
    const share = ((1 + this.#world.restitution) * impulseError) / ((masses[first] ?? 0) + (masses[second] ?? 0));
    this.speeds[first] = (this.speeds[first] ?? 0) + share * (masses[second] ?? 0);
    this.speeds[second] = (this.speeds[second] ?? 0) + share * (masses[first] ?? 0);
  }
}

function rounding(vectors: Float64Array, i: number): number {
  const largest = Math.max(
    Math.abs(vectors[i * 3] ?? 0),
    Math.abs(vectors[i * 3 + 1] ?? 0),
    Math.abs(vectors[i * 3 + 2] ?? 0),
  );
  return ROUNDING_SHARE * largest;
}

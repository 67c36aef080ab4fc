import { MeshError } from '../../errors.ts';
import type { Steps } from '../definition.ts';
import {
  type Bodies,
  NUMBERS_PER_STATE,
  type PhysicsResult,
  type StepSchedule,
  type World,
  withState,
} from './bodies.ts';
import { Claims } from './claims.ts';
import { ERROR_SLACK, ErrorBounds, ROUNDING_SHARE } from './error-bounds.ts';
import { simulate } from './simulate.ts';

/** Relative error allowed in the total momentum and energy, and how much more with each step. */
const CONSERVED_SHARE = 1e-4;
const CONSERVED_SHARE_PER_STEP = 1e-7;

/** Collisions of a segment that are looked for, evenly chosen among more: each costs a comparison in each step until it is found. */
const MAX_CLAIMS = 16 * 1024;

/**
 * Checks the conservation laws at every checkpoint, and computes one random segment between two checkpoints again: each body must be
 * within its rounding error, every pair that certainly collided must be listed, for this segment or one before, and every pair that is listed for
 * this one must have been able to collide. Throws MeshError `verify-failed`.
 */
export function* verifySimulated(
  start: Bodies,
  world: World,
  schedule: StepSchedule,
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
  const claims = new Claims(ours, claimedPairs(result, part, random));
  const bounds = new ErrorBounds(ours, world, claims);
  yield* simulate(ours, world, { steps, checkpointEvery: steps }, bounds);
  if (!isNear(ours.positions, to.positions, bounds.places))
    throw MeshError.verifyFailed('A simulation came back with bodies at wrong positions.');
  if (!isNear(ours.velocities, to.velocities, bounds.speeds))
    throw MeshError.verifyFailed('A simulation came back with bodies at wrong velocities.');
  for (const key of bounds.certain) {
    if (segmentOf(result, key) > part)
      throw MeshError.verifyFailed('A simulation came back without all of its collisions.');
  }
  if (claims.left > 0) throw MeshError.verifyFailed('A simulation came back with collisions that did not happen.');
}

/** Pairs that are said to have first collided in that segment, two numbers each. */
function claimedPairs({ collisions, collisionSegments }: PhysicsResult, segment: number, random: () => number) {
  const claimed: [number, number][] = [];
  for (const [i, pair] of collisions.entries()) if (collisionSegments[i] === segment) claimed.push(pair);
  const stride = Math.max(1, Math.ceil(claimed.length / MAX_CLAIMS));
  const offset = Math.floor(random() * stride);
  return Uint32Array.from(claimed.filter((_, i) => i % stride === offset).flat());
}

/** The segment in which a pair is said to have first collided: infinite if it is not listed. */
function segmentOf({ bodies, collisions, collisionSegments }: PhysicsResult, key: number): number {
  let from = 0;
  let to = collisions.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const [first = 0, second = 0] = collisions[middle] ?? [];
    const other = first * bodies.length + second;
    if (other === key) return collisionSegments[middle] ?? 0;
    if (other < key) from = middle + 1;
    else to = middle;
  }
  return Number.POSITIVE_INFINITY;
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

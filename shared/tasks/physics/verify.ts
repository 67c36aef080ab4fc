import { MeshError } from '../../errors.ts';
import type { Steps } from '../steps.ts';
import { PHYSICS } from '../tuning.ts';
import { type Bodies, NUMBERS_PER_STATE, type World, withState } from './bodies.ts';
import { brokenLaw } from './conserved.ts';
import { ErrorBounds } from './error-bounds.ts';
import type { PhysicsResult } from './result.ts';
import { type Schedule, simulate } from './simulate.ts';

/**
 * At every checkpoint what physics conserves; and one part between two of them, chosen at random, computed again: each body must be as
 * near as rounding leaves it, and pairs that certainly touched must be listed. Throws MeshError `verify-failed`.
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
    if (broken) throw MeshError.verifyFailed(`${broken} in what a volunteer simulated.`);
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
    throw MeshError.verifyFailed('Bodies are not where they should be in what a volunteer simulated.');
  if (!isNear(ours.velocities, to.velocities, bounds.speeds))
    throw MeshError.verifyFailed('Bodies are not as fast as they should be in what a volunteer simulated.');
  const listed = new Set(result.collisions.map(([first, second]) => first * ours.masses.length + second));
  if (bounds.certain.some((key) => !listed.has(key)))
    throw MeshError.verifyFailed('A collision is missing in what a volunteer simulated.');
}

/** The first, the checkpoints, the last. */
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
    const bound = (bounds[Math.trunc(i / 3)] ?? 0) + PHYSICS.roundingShare * Math.abs(value);
    return Math.abs(value - (theirs[i] ?? 0)) <= PHYSICS.errorSlack * bound;
  });
}

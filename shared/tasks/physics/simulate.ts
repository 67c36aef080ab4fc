import { MeshError } from '../../errors.ts';
import type { Steps } from '../definition.ts';
import {
  type Bodies,
  checkpointCount,
  NUMBERS_PER_STATE,
  PHYSICS,
  type Schedule,
  type Simulated,
  type World,
  writeState,
} from './bodies.ts';
import { PairFinder } from './pairs.ts';

/** Who follows a step closely: before the pair's impulse, where there is one. `gap` is below 0 where they touch. */
export interface StepWatch {
  /** How much farther than they touch pairs are of interest. */
  readonly margin: number;
  moved(): void;
  met(first: number, second: number, gap: number): void;
}

/**
 * One step of semi-implicit Euler: speed first, then place; then each pair that overlaps and approaches gets its impulse along the
 * line of centres, one pair after another in the order of their numbers. One after another, because impulses of several contacts found
 * side by side and summed up can add energy; whoever computes in parallel gets the same by taking a pair when no earlier one of
 * either body is left. Bodies that overlap are not moved apart: that would add energy too.
 *
 * @param onContact - of each pair that touches, approaching or not.
 */
export function* step(
  bodies: Bodies,
  { gravity, timestepS, restitution }: World,
  finder: PairFinder,
  onContact: (key: number) => void,
  watch?: StepWatch,
): Steps<void> {
  const { positions, velocities, radii, masses } = bodies;
  for (let i = 0; i < positions.length; i++) {
    const speed = (velocities[i] ?? 0) + (gravity[i % 3] ?? 0) * timestepS;
    velocities[i] = speed;
    positions[i] = (positions[i] ?? 0) + speed * timestepS;
  }
  watch?.moved();
  const count = masses.length;
  for (const key of yield* finder.find(positions, watch?.margin ?? 0)) {
    const first = Math.trunc(key / count);
    const second = key % count;
    const a = first * 3;
    const b = second * 3;
    let nx = (positions[b] ?? 0) - (positions[a] ?? 0);
    let ny = (positions[b + 1] ?? 0) - (positions[a + 1] ?? 0);
    let nz = (positions[b + 2] ?? 0) - (positions[a + 2] ?? 0);
    const distance = Math.sqrt(nx * nx + ny * ny + nz * nz);
    const gap = distance - (radii[first] ?? 0) - (radii[second] ?? 0);
    watch?.met(first, second, gap);
    if (gap >= 0) continue;
    onContact(key);
    // In one point there is no line of centres: any direction is as good, if all take the same.
    if (distance === 0) nx = 1;
    else {
      nx /= distance;
      ny /= distance;
      nz /= distance;
    }
    const approach =
      ((velocities[a] ?? 0) - (velocities[b] ?? 0)) * nx +
      ((velocities[a + 1] ?? 0) - (velocities[b + 1] ?? 0)) * ny +
      ((velocities[a + 2] ?? 0) - (velocities[b + 2] ?? 0)) * nz;
    if (approach <= 0) continue;
    const massA = masses[first] ?? 0;
    const massB = masses[second] ?? 0;
    const change = ((1 + restitution) * approach) / (massA + massB);
    velocities[a] = (velocities[a] ?? 0) - change * massB * nx;
    velocities[a + 1] = (velocities[a + 1] ?? 0) - change * massB * ny;
    velocities[a + 2] = (velocities[a + 2] ?? 0) - change * massB * nz;
    velocities[b] = (velocities[b] ?? 0) + change * massA * nx;
    velocities[b + 1] = (velocities[b + 1] ?? 0) + change * massA * ny;
    velocities[b + 2] = (velocities[b + 2] ?? 0) + change * massA * nz;
  }
}

/** Moves the bodies to their last state. Throws MeshError `bad-input` when they heap up, `too-large`. */
export function* simulate(bodies: Bodies, world: World, schedule: Schedule, watch?: StepWatch): Steps<Simulated> {
  const count = bodies.masses.length;
  const finder = new PairFinder(bodies.radii);
  const touched = new Set<number>();
  const onContact = (key: number) => touched.add(key);
  const numbers = count * NUMBERS_PER_STATE;
  const checkpoints = new Float32Array(checkpointCount(schedule) * numbers);
  for (let done = 1; done <= schedule.steps; done++) {
    yield* step(bodies, world, finder, onContact, watch);
    if (touched.size > PHYSICS.maxCollisions) {
      throw MeshError.tooLarge('The list of collisions', touched.size * 8, PHYSICS.maxCollisions * 8);
    }
    if (done % schedule.checkpointEvery === 0 && done < schedule.steps) {
      const at = (done / schedule.checkpointEvery - 1) * numbers;
      writeState(bodies, checkpoints.subarray(at, at + numbers));
    }
    yield;
  }
  return { checkpoints, collisions: Uint32Array.from(touched).sort() };
}

import { MeshError } from '../../errors.ts';
import type { Steps } from '../definition.ts';
import {
  type Bodies,
  COLLISION_BYTES,
  checkpointCount,
  NUMBERS_PER_STATE,
  PHYSICS,
  type Simulated,
  type StepSchedule,
  type World,
  writeState,
} from './bodies.ts';
import { PairFinder } from './pairs.ts';
import { sortedKeys } from './sorted-keys.ts';

/** Pairs that are resolved, or collisions that are gathered, between two yields: half a millisecond. */
const PAIRS_PER_STEP = 8 * 1024;

/** An observer of each step. `met` is called for each pair before its impulse; `gap` is below 0 if the two overlap. */
export interface StepWatch {
  /** Pairs with a gap up to this are reported as well. */
  readonly margin: number;
  moved(): void;
  met(first: number, second: number, gap: number): void;
}

/**
 * One step of semi-implicit Euler integration: velocities first, then positions. Then each pair that overlaps and approaches gets an
 * impulse along the line of centres, one pair after another in the order of their keys. Computing the impulses of simultaneous contacts
 * independently and adding them up could add energy. A parallel implementation gets the same result by processing a pair as soon as no
 * earlier pair of either body is left. Overlapping bodies are not moved apart: that would add energy as well.
 *
 * @param onContact - called with the key of each pair that touches, approaching or not.
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
  let resolved = 0;
  for (const key of yield* finder.find(positions, watch?.margin ?? 0)) {
    if (++resolved % PAIRS_PER_STEP === 0) yield;
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
    // Equal centres define no line: any fixed direction will do.
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

/** Moves the bodies, in place, to their last state. Throws MeshError `bad-input` if too many overlap, or `too-large` for too many collisions. */
export function* simulate(bodies: Bodies, world: World, schedule: StepSchedule, watch?: StepWatch): Steps<Simulated> {
  const count = bodies.masses.length;
  const finder = new PairFinder(bodies.radii);
  // By key, in which segment.
  const touched = new Map<number, number>();
  let segment = 0;
  const onContact = (key: number) => {
    if (!touched.has(key)) touched.set(key, segment);
  };
  const numbers = count * NUMBERS_PER_STATE;
  const checkpoints = new Float32Array(checkpointCount(schedule) * numbers);
  for (let done = 1; done <= schedule.steps; done++) {
    segment = Math.trunc((done - 1) / schedule.checkpointEvery);
    yield* step(bodies, world, finder, onContact, watch);
    if (touched.size > PHYSICS.maxCollisions) {
      throw MeshError.tooLarge(
        'The list of collisions',
        touched.size * COLLISION_BYTES,
        PHYSICS.maxCollisions * COLLISION_BYTES,
      );
    }
    if (done % schedule.checkpointEvery === 0 && done < schedule.steps) {
      const at = (done / schedule.checkpointEvery - 1) * numbers;
      writeState(bodies, checkpoints.subarray(at, at + numbers));
    }
    yield;
  }
  return { checkpoints, ...(yield* collisionsOf(touched)) };
}

export type Collided = Pick<Simulated, 'collisions' | 'segments'>;

/** @param touched - the segment of each pair that collided, by key. */
export function* collisionsOf(touched: ReadonlyMap<number, number>): Steps<Collided> {
  const keys = new Uint32Array(touched.size);
  let at = 0;
  for (const key of touched.keys()) {
    keys[at++] = key;
    if (at % PAIRS_PER_STEP === 0) yield;
  }
  const collisions = yield* sortedKeys(keys);
  const segments = new Uint32Array(touched.size);
  for (let i = 0; i < collisions.length; i++) {
    segments[i] = touched.get(collisions[i] ?? 0) ?? 0;
    if (i % PAIRS_PER_STEP === 0) yield;
  }
  return { collisions, segments };
}

import { MeshError } from '../../errors.ts';
import type { Steps } from '../steps.ts';
import { PHYSICS } from '../tuning.ts';
import { type Bodies, NUMBERS_PER_STATE, type World, writeState } from './bodies.ts';
import { PairFinder } from './pairs.ts';
import { type StepWatch, step } from './step.ts';

export interface Schedule {
  steps: number;
  /** A checkpoint after so many steps, and again, but none after the last. */
  checkpointEvery: number;
}

export interface Simulated {
  /** One after another, each the state of all bodies. */
  checkpoints: Float32Array;
  /** Keys of all pairs that ever touched, in order. */
  collisions: Uint32Array;
}

/** How far apart checkpoints are unless that is said. */
export function checkpointInterval(bodies: number, steps: number): number {
  const segments = Math.max(PHYSICS.segments, Math.ceil(steps / PHYSICS.maxSegmentSteps));
  const affordable = 1 + Math.floor(PHYSICS.maxCheckpointBytes / stateBytes(bodies));
  return Math.max(1, Math.ceil(steps / Math.min(segments, affordable)));
}

export function checkpointCount({ steps, checkpointEvery }: Schedule): number {
  return Math.ceil(steps / checkpointEvery) - 1;
}

/** Of one checkpoint: single precision. */
export function stateBytes(bodies: number): number {
  return bodies * NUMBERS_PER_STATE * 4;
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

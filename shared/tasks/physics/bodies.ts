import { MeshError } from '../../errors.ts';
import type { PackedResult } from '../definition.ts';
import { attachmentAt, bytesOf, checkSizes, numbersIn, type Vec3 } from '../packing.ts';

/** Limits of a `physics` task and the spacing of its checkpoints. */
export const PHYSICS = {
  /** The key of a pair fits 32 bits, and one step of all bodies takes a CPU some 10 ms. */
  maxBodies: 16_384,
  maxSteps: 100_000,
  /** Bodies times steps of one task: about a minute on a CPU. */
  maxBodySteps: 128 * 1024 * 1024,
  /** Longest time step, s: beyond it, no bounce comes out right. */
  maxTimestepS: 1,
  /** Distinct pairs that collide in the course of a task: 24 MB. */
  maxCollisions: 2 * 1024 * 1024,
  /** Bytes of all checkpoints, 24 for each body; beyond it, checkpoints are further apart. */
  maxCheckpointBytes: 16 * 1024 * 1024,
  /** Checkpoints divide a task into at least this many segments of at most `maxSegmentSteps` steps: a check computes one segment again. */
  segments: 8,
  maxSegmentSteps: 64,
} as const;

/** Bodies of a simulation: position (m) and velocity (m/s) with three numbers per body, radius (m) and mass (kg). */
export interface Bodies {
  positions: Float64Array;
  velocities: Float64Array;
  radii: Float64Array;
  masses: Float64Array;
}

export interface World {
  gravity: readonly [number, number, number];
  timestepS: number;
  /** Speed at which two bodies separate, relative to the speed at which they approach: 0..1. */
  restitution: number;
}

/** Numbers per body of a task: position, velocity, radius, mass. */
export const NUMBERS_PER_BODY = 8;
/** Numbers per body of a state: position, velocity. */
export const NUMBERS_PER_STATE = 6;
/** Numbers per collision of a result: both bodies, segment. */
const NUMBERS_PER_COLLISION = 3;
export const COLLISION_BYTES = NUMBERS_PER_COLLISION * 4;

export function readBodies(numbers: Float64Array): Bodies {
  const count = numbers.length / NUMBERS_PER_BODY;
  const bodies: Bodies = {
    positions: new Float64Array(count * 3),
    velocities: new Float64Array(count * 3),
    radii: new Float64Array(count),
    masses: new Float64Array(count),
  };
  for (let i = 0; i < count; i++) {
    const own = numbers.subarray(i * NUMBERS_PER_BODY, (i + 1) * NUMBERS_PER_BODY);
    bodies.positions.set(own.subarray(0, 3), i * 3);
    bodies.velocities.set(own.subarray(3, 6), i * 3);
    bodies.radii[i] = own[6] ?? 0;
    bodies.masses[i] = own[7] ?? 0;
  }
  return bodies;
}

/** Returns the same bodies in another state. */
export function withState(bodies: Bodies, state: Float64Array | Float32Array): Bodies {
  const { positions, velocities } = { positions: bodies.positions.slice(), velocities: bodies.velocities.slice() };
  for (let i = 0; i < bodies.masses.length; i++) {
    positions.set(state.subarray(i * NUMBERS_PER_STATE, i * NUMBERS_PER_STATE + 3), i * 3);
    velocities.set(state.subarray(i * NUMBERS_PER_STATE + 3, (i + 1) * NUMBERS_PER_STATE), i * 3);
  }
  return { ...bodies, positions, velocities };
}

/** Writes the present state. */
export function writeState({ positions, velocities }: Bodies, out: Float64Array | Float32Array): void {
  for (let i = 0; i * 3 < positions.length; i++) {
    out.set(positions.subarray(i * 3, i * 3 + 3), i * NUMBERS_PER_STATE);
    out.set(velocities.subarray(i * 3, i * 3 + 3), i * NUMBERS_PER_STATE + 3);
  }
}

export interface StepSchedule {
  steps: number;
  /** Steps between two checkpoints; the last state is not a checkpoint. */
  checkpointEvery: number;
}

export interface Simulated {
  /** States of all bodies, one checkpoint after another. */
  checkpoints: Float32Array;
  /** Keys `first * count + second` of all pairs that collided, in ascending order. */
  collisions: Uint32Array;
  /** For each of them, in which segment between two checkpoints it first did. */
  segments: Uint32Array;
}

/** Default number of steps between two checkpoints. */
export function checkpointInterval(bodies: number, steps: number): number {
  const segments = Math.max(PHYSICS.segments, Math.ceil(steps / PHYSICS.maxSegmentSteps));
  const affordable = 1 + Math.floor(PHYSICS.maxCheckpointBytes / stateBytes(bodies));
  return Math.max(1, Math.ceil(steps / Math.min(segments, affordable)));
}

export function checkpointCount({ steps, checkpointEvery }: StepSchedule): number {
  return Math.ceil(steps / checkpointEvery) - 1;
}

/** Size of one checkpoint, in single precision. */
export function stateBytes(bodies: number): number {
  return bodies * NUMBERS_PER_STATE * 4;
}

/** Intermediate states, `everySteps` steps apart: position and velocity of each body, one state after another. */
export interface Checkpoints {
  everySteps: number;
  states: Float32Array;
}

export interface PhysicsResult {
  bodies: { position: Vec3; velocity: Vec3 }[];
  /** All pairs that collided, the lower index first, in ascending order. */
  collisions: [number, number][];
  /** For each of them, in which segment between two checkpoints it first did: 0 until the first checkpoint. */
  collisionSegments: Uint32Array;
  checkpoints: Checkpoints;
}

/** Encodes a result as three attachments: the last state in double precision, so that a simulation can continue from it; the checkpoints in single precision; and the collisions, with their segments. */
export function encodeSimulated(bodies: Bodies, { checkpoints, collisions, segments }: Simulated): PackedResult {
  const count = bodies.masses.length;
  const last = new Float64Array(count * NUMBERS_PER_STATE);
  writeState(bodies, last);
  const numbers = new Uint32Array(collisions.length * NUMBERS_PER_COLLISION);
  for (let i = 0; i < collisions.length; i++) {
    const key = collisions[i] ?? 0;
    const at = i * NUMBERS_PER_COLLISION;
    numbers[at] = Math.trunc(key / count);
    numbers[at + 1] = key % count;
    numbers[at + 2] = segments[i] ?? 0;
  }
  return { value: null, attachments: [bytesOf(last), bytesOf(checkpoints), bytesOf(numbers)] };
}

/** Throws MeshError `malformed`. */
export function decodeSimulated(count: number, schedule: StepSchedule, { attachments }: PackedResult): PhysicsResult {
  const listBytes = attachments[2]?.byteLength ?? 0;
  const sizes = [count * NUMBERS_PER_STATE * 8, checkpointCount(schedule) * stateBytes(count), listBytes];
  checkSizes(attachments, sizes, 'A simulation');
  if (listBytes % COLLISION_BYTES !== 0 || listBytes > PHYSICS.maxCollisions * COLLISION_BYTES) {
    throw MeshError.malformed('A simulation came back with a malformed list of collisions.');
  }
  const last = numbersIn(Float64Array, attachmentAt(attachments, 0));
  const states = numbersIn(Float32Array, attachmentAt(attachments, 1));
  if (!last.every(Number.isFinite) || !states.every(Number.isFinite)) {
    throw MeshError.malformed('A simulation came back with values that are not finite.');
  }
  const bodies = Array.from({ length: count }, (_, i) => {
    const [x = 0, y = 0, z = 0, vx = 0, vy = 0, vz = 0] = last.subarray(i * NUMBERS_PER_STATE);
    return { position: [x, y, z] as Vec3, velocity: [vx, vy, vz] as Vec3 };
  });
  const collided = readCollisions(numbersIn(Uint32Array, attachmentAt(attachments, 2)), count, schedule);
  return { bodies, ...collided, checkpoints: { everySteps: schedule.checkpointEvery, states } };
}

function readCollisions(numbers: Uint32Array, count: number, schedule: StepSchedule) {
  const collisions: [number, number][] = [];
  const collisionSegments = new Uint32Array(numbers.length / NUMBERS_PER_COLLISION);
  const segments = checkpointCount(schedule) + 1;
  let before = -1;
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_COLLISION) {
    const [first = 0, second = 0, segment = 0] = [numbers[at], numbers[at + 1], numbers[at + 2]];
    const key = first * count + second;
    if (first >= second || second >= count || key <= before || segment >= segments) {
      throw MeshError.malformed('A simulation came back with collisions out of order.');
    }
    before = key;
    collisionSegments[collisions.length] = segment;
    collisions.push([first, second]);
  }
  return { collisions, collisionSegments };
}

import { seededRandom } from '../../seeded-random.ts';
import { finish, type PackedTask } from '../definition.ts';
import { numbersIn, type Vec3 } from '../packing.ts';
import { type PhysicsInput, type PhysicsParams, physics } from '../physics.ts';
import { encodeSimulated, type PhysicsResult, readBodies } from './bodies.ts';
import { type StepWatch, simulate } from './simulate.ts';

type Body = PhysicsInput['bodies'][number];

export function body(position: Vec3, velocity: Vec3 = [0, 0, 0], radius = 0.5, mass = 1): Body {
  return { position, velocity, radius, mass };
}

/** Bodies of different sizes in a cube of the given width, flying towards its centre so that they collide. */
export function swarm(count: number, width: number, seed: number): Body[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const position = [0, 0, 0].map(() => (random() - 0.5) * width) as Vec3;
    const velocity = position.map((value) => -value * random() + random() - 0.5) as Vec3;
    const radius = 0.1 + 0.3 * random();
    return body(position, velocity, radius, radius ** 3 * 10);
  });
}

export function task(bodies: Body[], more: Partial<PhysicsInput> = {}): PackedTask<PhysicsParams> {
  return physics.pack({ bodies, gravity: [0, 0, 0], timestepS: 0.01, steps: 100, ...more });
}

/** Runs a task as a volunteer does. */
export function simulated({ params, attachments }: PackedTask<PhysicsParams>, isSingle = false): PhysicsResult {
  const [bytes = new Uint8Array()] = attachments;
  const bodies = readBodies(numbersIn(Float64Array, bytes));
  const rounded: StepWatch = {
    margin: 0,
    moved: () => {
      for (const numbers of [bodies.positions, bodies.velocities]) numbers.set(numbers.map(Math.fround));
    },
    met: () => {},
  };
  const packed = encodeSimulated(bodies, finish(simulate(bodies, params, params, isSingle ? rounded : undefined)));
  return physics.unpackResult({ params, attachments }, structuredClone(packed));
}

/** Total momentum and kinetic energy. */
export function totals(bodies: PhysicsResult['bodies'], masses: number[]) {
  const momentum = [0, 0, 0];
  let energy = 0;
  for (const [i, { velocity }] of bodies.entries()) {
    for (const [axis, speed] of velocity.entries()) {
      momentum[axis] = (momentum[axis] ?? 0) + (masses[i] ?? 0) * speed;
      energy += 0.5 * (masses[i] ?? 0) * speed * speed;
    }
  }
  return { momentum, energy };
}

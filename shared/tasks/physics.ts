import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';
import { checkedInput } from './checked-input.ts';
import type { TaskDefinition } from './definition.ts';
import { attachmentAt, bytesOf, checkSizes, noValue, numbersIn, vec3 } from './packing.ts';
import {
  COLLISION_BYTES,
  checkpointCount,
  checkpointInterval,
  decodeSimulated,
  NUMBERS_PER_BODY,
  NUMBERS_PER_STATE,
  PHYSICS,
  type PhysicsResult,
  readBodies,
  stateBytes,
} from './physics/bodies.ts';
import { verifySimulated } from './physics/verify.ts';

const FIRST_DEADLINE_MS = 50;

const schedule = {
  gravity: vec3,
  timestepS: z.number().positive().max(PHYSICS.maxTimestepS),
  steps: z.int().min(1).max(PHYSICS.maxSteps),
};
const restitution = z.number().min(0).max(1);
const checkpointEvery = z.int().min(1).max(PHYSICS.maxSteps);
const inputSchema = z.object({
  ...schedule,
  // Each body is checked by hand: a schema would take longer than the first steps of the simulation.
  bodies: z.array(z.custom<PhysicsBody>()).min(1),
  restitution: restitution.optional(),
  checkpointEvery: checkpointEvery.optional(),
});
const paramsSchema = z
  .strictObject({ ...schedule, bodies: z.int().min(1).max(PHYSICS.maxBodies), restitution, checkpointEvery })
  .refine(({ bodies, steps }) => bodies * steps <= PHYSICS.maxBodySteps, 'too much for one task')
  .refine((params) => checkpointsBytes(params) <= PHYSICS.maxCheckpointBytes, 'too many checkpoints');

export interface PhysicsBody {
  position: [number, number, number];
  velocity: [number, number, number];
  radius: number;
  mass: number;
}
export type PhysicsInput = z.infer<typeof inputSchema>;
export type PhysicsParams = z.infer<typeof paramsSchema>;

/** `physics` simulates spheres that fall and collide. The attachment of a task is its bodies, in double precision. */
export const physics: TaskDefinition<PhysicsInput, PhysicsParams, PhysicsResult> = {
  type: 'physics',
  params: paramsSchema,
  value: noValue,
  cacheable: true,
  pack(input) {
    const checked = checkedInput(inputSchema, input, 'physics');
    const { bodies, gravity, timestepS, steps, restitution = 1 } = checked;
    if (bodies.length > PHYSICS.maxBodies || bodies.length * steps > PHYSICS.maxBodySteps) {
      throw new MeshError(
        'too-large',
        `A physics task takes at most ${PHYSICS.maxBodies} bodies, and ${PHYSICS.maxBodySteps} bodies times steps; this one has ${bodies.length} bodies and ${steps} steps. Submit fewer bodies, or fewer steps at a time.`,
      );
    }
    const checkpointEvery = checked.checkpointEvery ?? checkpointInterval(bodies.length, steps);
    const params = { gravity, timestepS, steps, restitution, checkpointEvery, bodies: bodies.length };
    if (checkpointsBytes(params) > PHYSICS.maxCheckpointBytes) {
      throw MeshError.tooLarge('The checkpoints together', checkpointsBytes(params), PHYSICS.maxCheckpointBytes);
    }
    const numbers = new Float64Array(bodies.length * NUMBERS_PER_BODY);
    for (const [i, body] of bodies.entries()) numbers.set(numbersOf(body, i), i * NUMBERS_PER_BODY);
    return { params, attachments: [bytesOf(numbers)] };
  },
  checkAttachments({ bodies }, attachments) {
    checkSizes(attachments, [bodies * NUMBERS_PER_BODY * 8], 'A physics task');
    const { positions, velocities, radii, masses } = readBodies(numbersIn(Float64Array, attachmentAt(attachments, 0)));
    const isRight =
      [positions, velocities].every((numbers) => numbers.every(isPlace)) &&
      [radii, masses].every((numbers) => numbers.every(isSize));
    if (!isRight) throw MeshError.malformed('A physics task arrived with an invalid body.');
  },
  unpackResult: ({ params }, result) => decodeSimulated(params.bodies, params, result),
  kindOf: () => 'physics',
  firstDeadlineMs: () => FIRST_DEADLINE_MS,
  cost: ({ bodies, steps }) => bodies * steps,
  // One collision per body is a guess.
  resultBytes: (params) => params.bodies * (NUMBERS_PER_STATE * 8 + COLLISION_BYTES) + checkpointsBytes(params),
  verify({ params, attachments }, result, random) {
    const bodies = readBodies(numbersIn(Float64Array, attachmentAt(attachments, 0)));
    return verifySimulated(bodies, params, params, result, random);
  },
};

function checkpointsBytes(params: { bodies: number; steps: number; checkpointEvery: number }): number {
  return checkpointCount(params) * stateBytes(params.bodies);
}

/** A body as it travels. Throws MeshError `bad-input`. */
function numbersOf(body: PhysicsBody, at: number): number[] {
  const { position, velocity, radius, mass } = body ?? {};
  const isRight = isVector(position) && isVector(velocity) && isSize(radius) && isSize(mass);
  if (isRight) return [...position, ...velocity, radius, mass];
  throw MeshError.badInput(
    `Body ${at} needs a position and a velocity of three numbers up to 1e9, and a radius and a mass above 0 up to 1e12.`,
  );
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length === 3 && value.every(isPlace);
}

function isPlace(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 1e9;
}

function isSize(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= 1e12;
}

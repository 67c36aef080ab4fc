import { describe, expect, test } from 'vitest';
import { checkArrivedTask } from './catalogue.ts';
import { checkpointCount, PHYSICS } from './physics/bodies.ts';
import { body } from './physics/test-bodies.ts';
import { type PhysicsInput, physics } from './physics.ts';

const input: PhysicsInput = {
  bodies: [body([0, 0, 0], [1, 0, 0]), body([1.2, 0, 0])],
  gravity: [0, -9.81, 0],
  timestepS: 0.01,
  steps: 20,
};
const changed = (change: Record<string, unknown>) => [{ ...body([0, 0, 0]), ...change }, body([2, 0, 0])];

describe('an input is refused', () => {
  test.each<[string, Record<string, unknown>]>([
    ['without bodies', { bodies: [] }],
    ['with a null body', { bodies: [null] }],
    ['with a position of two numbers', { bodies: changed({ position: [0, 0] }) }],
    ['with a velocity of NaN', { bodies: changed({ velocity: [0, Number.NaN, 0] }) }],
    ['with a position out of range', { bodies: changed({ position: [0, 1e10, 0] }) }],
    ['with a radius of 0', { bodies: changed({ radius: 0 }) }],
    ['with a mass of 0', { bodies: changed({ mass: 0 }) }],
    ['with infinite mass', { bodies: changed({ mass: Number.POSITIVE_INFINITY }) }],
    ['with a scalar gravity', { gravity: -9.81 }],
    ['with a time step of 0', { timestepS: 0 }],
    ['with too long a time step', { timestepS: 2 }],
    ['with no steps', { steps: 0 }],
    ['with a fractional step count', { steps: 1.5 }],
    ['with a restitution above 1', { restitution: 1.1 }],
    ['with a checkpoint interval of 0', { checkpointEvery: 0 }],
  ])('%s', (_, wrong) => {
    expect(() => physics.pack({ ...input, ...wrong } as PhysicsInput)).toThrow(
      expect.objectContaining({ reason: 'bad-input', message: expect.stringMatching(/\.$/) }),
    );
  });

  test('with more than a task takes', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => body([i * 2, 0, 0]));
    const tooLarge = (more: Partial<PhysicsInput>) =>
      expect(() => physics.pack({ ...input, ...more })).toThrow(expect.objectContaining({ reason: 'too-large' }));
    tooLarge({ bodies: many(PHYSICS.maxBodies + 1) });
    tooLarge({ bodies: many(2_000), steps: 90_000 });
    tooLarge({ bodies: many(2_000), steps: 1_000, checkpointEvery: 1 });
  });
});

test('a packed task is small and accepted by a volunteer, and changing its bodies afterwards has no effect', () => {
  const bodies = structuredClone(input.bodies);
  const packed = physics.pack({ ...input, bodies });
  bodies[0]?.position.fill(7);
  expect(JSON.stringify(packed.params).length).toBeLessThan(200);
  expect(checkArrivedTask('physics', structuredClone(packed))).toEqual(packed);
  expect(packed).toEqual(physics.pack(input));
});

test.each([
  [1, 1, 0],
  [10, 7, 6],
  [10, 100, 7],
  [10, 2_000, 31],
  [16_384, 2_000, 31],
  [16_384, 8_000, 42],
])('%i bodies over %i steps leave %i checkpoints', (count, steps, checkpoints) => {
  const bodies = Array.from({ length: count }, (_, i) => body([i * 2, 0, 0]));
  const { params } = physics.pack({ ...input, bodies, steps });
  expect(checkpointCount(params)).toBeLessThanOrEqual(checkpoints);
  expect(checkpointCount(params)).toBeGreaterThanOrEqual(checkpoints * 0.8);
});

test('a task that arrives damaged is malformed', () => {
  const { params, attachments } = physics.pack(input);
  const filled = (value: number) => [new Uint8Array(new Float64Array(16).fill(value).buffer)];
  const wrong = [
    { params, attachments: [] },
    { params, attachments: [new Uint8Array(64)] },
    { params, attachments: filled(Number.NaN) },
    { params, attachments: filled(-1) },
    { params: { ...params, steps: 1e9 }, attachments },
    { params: { ...params, timestepS: -1 }, attachments },
    { params: { ...params, extra: 1 }, attachments },
  ];
  for (const damaged of wrong) {
    expect(() => checkArrivedTask('physics', damaged)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});

test('an answer that does not fit its task is malformed', () => {
  const of = physics.pack({ ...input, checkpointEvery: 10 });
  const last = (value = 0) => new Uint8Array(new Float64Array(12).fill(value).buffer);
  const states = new Uint8Array(48);
  const pairs = (...numbers: number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);
  const answer = (...attachments: Uint8Array[]) => physics.unpackResult(of, { value: null, attachments });
  const { collisions, collisionSegments } = answer(last(), states, pairs(0, 1, 1));
  expect([collisions, [...collisionSegments]]).toEqual([[[0, 1]], [1]]);
  const wrong = [
    [],
    [last(), states],
    [last().subarray(8), states, pairs()],
    [last(), states.subarray(24), pairs()],
    [last(Number.NaN), states, pairs()],
    [last(), new Uint8Array(48).fill(255), pairs()],
    [last(), states, pairs(0, 1)],
    [last(), states, pairs(1, 0, 0)],
    [last(), states, pairs(0, 2, 0)],
    [last(), states, pairs(0, 1, 0, 0, 1, 0)],
    [last(), states, pairs(0, 1, 2)],
  ];
  for (const attachments of wrong) {
    expect(() => answer(...attachments)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});

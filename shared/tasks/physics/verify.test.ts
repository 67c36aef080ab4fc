import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { finish, type Steps } from '../definition.ts';
import { physics } from '../physics.ts';
import type { PhysicsResult } from './bodies.ts';
import { body, simulated, swarm, task } from './test-bodies.ts';

const TASKS = {
  elastic: task(swarm(200, 5, 1), { steps: 120 }),
  falling: task(swarm(200, 5, 2), { steps: 120, gravity: [0, -9.81, 0] }),
  dull: task(swarm(200, 5, 3), { steps: 120, restitution: 0.4, gravity: [1, -3, 0] }),
  far: task(
    swarm(100, 5, 4).map((it) => ({ ...it, position: [it.position[0] + 2_000, it.position[1], -900] })),
    { steps: 60 },
  ),
  few: task(swarm(2, 1, 5), { steps: 1 }),
  long: task(swarm(40, 3, 6), { steps: 2_000, timestepS: 0.002 }),
};

function verify(of: typeof TASKS.elastic, result: PhysicsResult, seed: number): void {
  finish(physics.verify(of, result, seededRandom(seed)) as Steps<void>);
}

describe.each(Object.entries(TASKS))('%s', (_, of) => {
  test('is accepted if correct, in double and in single precision, whatever part is checked', () => {
    for (const result of [simulated(of), simulated(of, true)]) {
      for (let seed = 0; seed < 40; seed++) verify(of, result, seed);
    }
  });
});

test('the two precisions end in different states, so that a plain comparison would not do', () => {
  const [double, single] = [simulated(TASKS.elastic), simulated(TASKS.elastic, true)];
  const apart = double.bodies.map(({ position: [x] }, i) => Math.abs(x - (single.bodies[i]?.position[0] ?? 0)));
  expect(Math.max(...apart)).toBeGreaterThan(0.003);
});

describe('what is refused:', () => {
  const of = TASKS.elastic;
  const honest = simulated(of);
  /** Number of checks, each of another part, that refuse the result. */
  const refusals = (result: PhysicsResult, looks = 40) =>
    Array.from({ length: looks }, (_, seed) => seed).filter((seed) => {
      try {
        verify(of, result, seed);
        return false;
      } catch (cause) {
        expect(cause).toMatchObject({ reason: 'verify-failed' });
        return true;
      }
    }).length;

  test('gained energy, even if it is little and the same in all states', () => {
    const faster = structuredClone(honest);
    for (const state of faster.bodies) state.velocity = state.velocity.map((it) => it * 1.001) as typeof state.velocity;
    expect(refusals(faster)).toBe(40);
  });

  test('momentum gained in the last state', () => {
    const pushed = structuredClone(honest);
    for (const state of pushed.bodies) state.velocity[0] += 0.01;
    expect(refusals(pushed)).toBe(40);
  });

  test('the first state returned as the last', () => {
    expect(refusals({ ...honest, bodies: swarm(200, 5, 1) })).toBe(40);
  });

  test('a little noise on every state', () => {
    const noisy = structuredClone(honest);
    const { states } = noisy.checkpoints;
    const random = seededRandom(7);
    for (let i = 0; i < states.length; i++) states[i] = (states[i] ?? 0) + (random() - 0.5) * 1e-3;
    expect(refusals(noisy)).toBe(40);
  });

  test('skipped steps', () => {
    const early = simulated(task(swarm(200, 5, 1), { steps: 105 }));
    expect(refusals({ ...honest, bodies: early.bodies })).toBe(40);
  });

  test('another restitution', () => {
    const dull = simulated({ ...of, params: { ...of.params, restitution: 0.95 } });
    expect(refusals(dull)).toBe(40);
  });

  test('one body displaced for a while, by the checks of that segment', () => {
    const moved = structuredClone(honest);
    const { states } = moved.checkpoints;
    states[states.length - 6] = (states[states.length - 6] ?? 0) + 1e-3;
    const found = refusals(moved, 80);
    // Two of the eight segments begin or end there.
    expect(found).toBeGreaterThan(8);
    expect(found).toBeLessThan(40);
  });

  test('missing collisions', () => {
    expect(refusals({ ...honest, collisions: [], collisionSegments: new Uint32Array(0) })).toBeGreaterThan(30);
  });

  test('collisions listed for a later segment', () => {
    const late = { ...honest, collisionSegments: honest.collisionSegments.map(() => 7) };
    expect(refusals(late)).toBeGreaterThan(30);
  });
});

describe('invented collisions', () => {
  /** Whether a check of that segment refuses the result. */
  const isRefused = (of: typeof TASKS.elastic, result: PhysicsResult, segment: number) => {
    try {
      finish(physics.verify(of, result, () => (segment + 0.5) / 8) as Steps<void>);
      return false;
    } catch (cause) {
      expect(cause).toMatchObject({ reason: 'verify-failed', message: expect.stringContaining('did not happen') });
      return true;
    }
  };
  /** Adds a pair, said to have first collided in that segment. */
  const withPair = (result: PhysicsResult, pair: [number, number], segment: number): PhysicsResult => {
    const listed = result.collisions.map((it, i) => ({ pair: it, segment: result.collisionSegments[i] ?? 0 }));
    const all = [...listed, { pair, segment }].sort((a, b) => a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1]);
    const collisionSegments = Uint32Array.from(all, (it) => it.segment);
    return { ...result, collisions: all.map((it) => it.pair), collisionSegments };
  };

  test('are found by the check of the segment that they are listed for, a single one too', () => {
    const of = task(swarm(60, 6, 1), { steps: 120 });
    const honest = simulated(of);
    const happened = new Set(honest.collisions.map(String));
    for (let n = 0; n < 24; n++) {
      const pair: [number, number] = [n, 59 - n];
      if (happened.has(String(pair))) continue;
      const found = Array.from({ length: 8 }, (_, segment) => isRefused(of, withPair(honest, pair, n % 8), segment));
      expect(found).toEqual(found.map((_, segment) => segment === n % 8));
    }
  });

  test('of bodies too far apart are found also where rounding decides what becomes of a crowd', () => {
    const of = task([...swarm(200, 5, 1), body([900, 0, 0]), body([0, 900, 0])], { steps: 120 });
    const honest = simulated(of);
    for (let segment = 0; segment < 8; segment++) {
      for (const pair of [
        [3, 200],
        [200, 201],
      ] as const) {
        expect(isRefused(of, withPair(honest, [...pair], segment), segment)).toBe(true);
      }
    }
  });
});

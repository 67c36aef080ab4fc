import { describe, expect, test } from 'vitest';
import { finish } from '../definition.ts';
import { seededRandom } from '../test-random.ts';
import { PairFinder } from './pairs.ts';
import { body, simulated, swarm, task, totals } from './test-bodies.ts';

describe('two spheres', () => {
  const headOn = (massB: number, restitution?: number) =>
    simulated(
      task([body([0, 0, 0], [1, 0, 0]), body([1.5, 0, 0], [0, 0, 0], 0.5, massB)], {
        ...(restitution !== undefined && { restitution }),
      }),
    );

  test('of equal mass exchange their velocities in a head-on collision', () => {
    const { bodies, collisions } = headOn(1);
    expect(bodies[0]?.velocity[0]).toBeCloseTo(0, 12);
    expect(bodies[1]?.velocity[0]).toBeCloseTo(1, 12);
    expect(collisions).toEqual([[0, 1]]);
  });

  test('of different mass separate as in the textbook formula', () => {
    const { bodies } = headOn(3);
    expect(bodies[0]?.velocity[0]).toBeCloseTo(-0.5, 12);
    expect(bodies[1]?.velocity[0]).toBeCloseTo(0.5, 12);
  });

  test('separate at a speed reduced by restitution; with 0 they move on together', () => {
    const speeds = (restitution: number) => headOn(1, restitution).bodies.map(({ velocity }) => velocity[0]);
    expect(speeds(0.5)).toEqual([expect.closeTo(0.25, 12), expect.closeTo(0.75, 12)]);
    expect(speeds(0)).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.5, 12)]);
  });

  test('exchange only the velocity along the line of centres in a glancing collision', () => {
    const half = Math.SQRT1_2 * 0.999;
    const pair = [body([0, 0, 0], [1, 0, 0]), body([half, half, 0])];
    const [a, b] = simulated(task(pair, { steps: 1, timestepS: 1e-9 })).bodies;
    expect([...(a?.velocity ?? []), ...(b?.velocity ?? [])]).toEqual(
      [0.5, -0.5, 0, 0.5, 0.5, 0].map((value) => expect.closeTo(value, 6)),
    );
  });

  test('may have equal centres, be at rest or be apart', () => {
    const pairs = [
      [body([0, 0, 0], [1, 0, 0]), body([0, 0, 0])],
      [body([0, 0, 0]), body([0.5, 0, 0])],
      [body([0, 0, 0]), body([9, 0, 0])],
    ];
    expect(pairs.map((pair) => simulated(task(pair)).collisions.length)).toEqual([1, 1, 0]);
  });
});

test('a body falls as semi-implicit Euler integration predicts', () => {
  const { bodies } = simulated(task([body([0, 10, 0], [1, 0, 0])], { gravity: [0, -9.81, 0], steps: 50 }));
  expect(bodies[0]?.velocity).toEqual([1, expect.closeTo(-9.81 * 0.5, 10), 0]);
  expect(bodies[0]?.position).toEqual([
    expect.closeTo(0.5, 10),
    expect.closeTo(10 - 9.81 * 1e-4 * ((50 * 51) / 2), 10),
    0,
  ]);
});

test('a swarm conserves momentum and energy; with restitution below 1 it only loses energy', () => {
  const bodies = swarm(300, 6, 1);
  const masses = bodies.map(({ mass }) => mass);
  const before = totals(bodies, masses);
  const elastic = simulated(task(bodies, { steps: 200 }));
  const dull = simulated(task(bodies, { steps: 200, restitution: 0.7 }));
  expect(elastic.collisions.length).toBeGreaterThan(200);
  for (const { bodies: after } of [elastic, dull]) {
    for (const [axis, value] of totals(after, masses).momentum.entries()) {
      expect(value).toBeCloseTo(before.momentum[axis] ?? 0, 8);
    }
  }
  expect(totals(elastic.bodies, masses).energy / before.energy).toBeCloseTo(1, 10);
  expect(totals(dull.bodies, masses).energy).toBeLessThan(0.9 * before.energy);
});

test('equal tasks give equal results, and a task can continue from the last state of another', () => {
  const bodies = swarm(60, 4, 2);
  const whole = simulated(task(bodies, { steps: 100 }));
  expect(simulated(task(bodies, { steps: 100 }))).toEqual(whole);
  const half = simulated(task(bodies, { steps: 50 })).bodies;
  const rest = simulated(
    task(
      bodies.map((it, i) => ({ ...it, ...half[i] })),
      { steps: 50 },
    ),
  );
  expect(rest.bodies).toEqual(whole.bodies);
});

test('checkpoints are the intermediate states, without the last one', () => {
  const bodies = swarm(20, 3, 4);
  const { checkpoints } = simulated(task(bodies, { steps: 10, checkpointEvery: 5 }));
  expect(checkpoints.everySteps).toBe(5);
  const halfway = simulated(task(bodies, { steps: 5 })).bodies;
  const expected = Float32Array.from(halfway.flatMap(({ position, velocity }) => [...position, ...velocity]));
  expect(checkpoints.states).toEqual(expected);
});

test('spatial hashing finds the same pairs as brute force, for all sizes, near and far from the origin', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const count = 2 + Math.floor(random() * 150);
    const far = seed % 5 === 0 ? 1e8 : 0;
    const radii = Float64Array.from({ length: count }, () => 0.05 + random() ** 8 * 3);
    const positions = Float64Array.from({ length: count * 3 }, () => far + random() * 10 - 5);
    const margin = seed % 3 === 0 ? 0.2 : 0;
    const expected: number[] = [];
    for (let a = 0; a < count; a++) {
      for (let b = a + 1; b < count; b++) {
        const apart = [0, 1, 2].map((i) => (positions[a * 3 + i] ?? 0) - (positions[b * 3 + i] ?? 0));
        const reach = (radii[a] ?? 0) + (radii[b] ?? 0) + margin;
        if (apart.reduce((sum, it) => sum + it * it, 0) < reach * reach) expected.push(a * count + b);
      }
    }
    expect([...finish(new PairFinder(radii).find(positions, margin))]).toEqual(expected);
  }
});

test('too many overlapping bodies are refused with advice', () => {
  expect(() => simulated(task(Array.from({ length: 400 }, () => body([0, 0, 0]))))).toThrow(
    expect.objectContaining({ reason: 'bad-input', message: expect.stringContaining('Spread') }),
  );
});

test('the search for pairs pauses every few thousand comparisons, also where all bodies are in one cell', () => {
  const count = 4_000;
  // The median is wide, so one cell holds all of the narrow ones, which do not touch.
  const radii = Float64Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1e-6 : 1));
  const positions = Float64Array.from({ length: count * 3 }, (_, at) =>
    Math.trunc(at / 3) % 2 === 0 ? Math.trunc(at / 3) * ((at % 3) + 1) * 1e-5 : Math.trunc(at / 3) * 1e4,
  );
  const finding = new PairFinder(radii).find(positions, 0);
  let yields = 0;
  while (!finding.next().done) yields++;
  // 2,000 bodies are compared with 2,000 each.
  expect(yields).toBeGreaterThan(50);
});

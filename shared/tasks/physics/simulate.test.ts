import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { finish } from '../definition.ts';
import { PairFinder } from './pairs.ts';
import { sortedKeys } from './sorted-keys.ts';
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

/** Yields of one search for pairs. */
function pausesOf(radii: Float64Array, positions: Float64Array): number {
  const finding = new PairFinder(radii).find(positions, 0);
  let yields = 0;
  while (!finding.next().done) yields++;
  return yields;
}

/** Slot of a cell in a table of that length, as the finder has it: what a gamer may know. */
function slotOf(x: number, y: number, z: number, slots: number): number {
  const mixed = Math.imul(x, 73_856_093) ^ Math.imul(y, 19_349_663) ^ Math.imul(z, 83_492_791);
  return (mixed ^ (mixed >>> 15)) & (slots - 1);
}

/** Middles of cells of width 1 along the x axis, all in one slot. */
function inSlot(slot: number, count: number, slots: number): Float64Array {
  const positions = new Float64Array(count * 3).fill(0.5);
  for (let x = 1, body = 0; body < count; x++) if (slotOf(x, 0, 0, slots) === slot) positions[body++ * 3] = x + 0.5;
  return positions;
}

test('the search for pairs pauses by the cells that it looks into and the bodies that it skips, too', () => {
  // The median is 1, and some are twelve times as wide: these look into 15,625 cells each, of which next to all are empty.
  const wide = Float64Array.from({ length: 16_000 }, (_, i) => (i % 32 === 0 ? 12 : 1));
  const apart = Float64Array.from({ length: 48_000 }, (_, at) => (at % 3 === 0 ? at * 100 : 0));
  expect(pausesOf(wide, apart)).toBeGreaterThan(80);
  // Each finds all others in its slot, and compares itself with none.
  expect(pausesOf(new Float64Array(1_000).fill(0.5), inSlot(0, 1_000, 2_048))).toBeGreaterThan(12);
});

test('a body that would look at the bodies of one slot over and over finds its pairs all the same', () => {
  const [count, slots] = [130, 512];
  // It looks into 125 cells, several of which share a slot.
  const radii = Float64Array.from({ length: count }, (_, i) => (i === 0 ? 0.9 : 0.5));
  const visits = new Uint32Array(slots);
  for (let cell = 0; cell < 125; cell++) {
    const slot = slotOf((cell % 5) - 2, (Math.trunc(cell / 5) % 5) - 2, Math.trunc(cell / 25) - 2, slots);
    visits[slot] = (visits[slot] ?? 0) + 1;
  }
  const most = Math.max(...visits);
  expect(most).toBeGreaterThan(2);
  const positions = inSlot(visits.indexOf(most), count, slots);
  positions.set([0.5, 0.5, 0.5, 1.5, 0.5, 0.5], 0);
  expect([...finish(new PairFinder(radii).find(positions, 0))]).toEqual([1]);
});

test('many pairs are sorted as few are', () => {
  const random = seededRandom(5);
  for (const count of [0, 1, 9_000, 70_000]) {
    const keys = Uint32Array.from({ length: count }, () => random() * 2 ** 32);
    const due = keys.slice().sort();
    const sorted = finish(sortedKeys(keys));
    expect([sorted.length, sorted.every((key, i) => key === due[i])]).toEqual([count, true]);
  }
});

test('a pair that touches is listed with the segment in which it first did', () => {
  // The first hands its velocity on to the second at 0.505 m, and that to the third 6.495 m further on.
  const bodies = [body([0, 0, 0], [1, 0, 0]), body([1.505, 0, 0]), body([9, 0, 0])];
  const { collisions, collisionSegments } = simulated(task(bodies, { steps: 1_000, checkpointEvery: 10 }));
  expect(collisions).toEqual([
    [0, 1],
    [1, 2],
  ]);
  // In steps 51 and 701, a centimetre each.
  expect([...collisionSegments]).toEqual([5, 70]);
});

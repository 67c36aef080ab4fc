import { beforeEach, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { physics } from '../../../shared/tasks/physics.ts';
import { DebrisField, DebrisPile, PIECES_PER_PILE, type Ship, type StretchPlan } from './debris-field.ts';
import { LOOKAHEAD_S, type PhysicsResult, STRETCH } from './debris-physics.ts';
import { STEP_MS } from './race.ts';
import { floorUnder, Track } from './track.ts';

const STEP_S = STEP_MS / 1000;
const SPEED_MPS = 50;

let track: Track;
let field: DebrisField;
let ship: Ship;
let timeS: number;

beforeEach(() => {
  track = new Track(seededRandom(2));
  // The first heap, as the field itself places it.
  const random = seededRandom(5);
  const { distanceM, lateralM } = new DebrisPile(track, ((0.3 + 0.4 * random()) / 6) * track.lengthM, random);
  field = new DebrisField(track, seededRandom(5));
  ship = {
    ...{ distanceM: distanceM - 30, lateralM, speedMps: SPEED_MPS },
    poseAt: (aheadS) => ({ distanceM: ship.distanceM + SPEED_MPS * aheadS, lateralM: ship.lateralM }),
  };
  timeS = 0;
});

/** Drives on for this long. */
function drive(seconds: number, each: () => void = () => {}): void {
  for (const endS = timeS + seconds; timeS < endS; timeS += STEP_S) {
    ship.distanceM += SPEED_MPS * STEP_S;
    field.step(timeS, [ship]);
    each();
  }
}

const heap = () => field.view(timeS).slice(0, PIECES_PER_PILE);
const places = () => heap().map(({ place }) => place);
/** Height of the highest piece above the ground. */
const heightM = () => Math.max(...places().map(([x, y, z]) => y - floorUnder(track, x, z, ship.distanceM).y));

/** A result in which every piece rises by a metre per frame. */
function rising({ pieces, ships }: StretchPlan): PhysicsResult {
  const frames = STRETCH.steps / STRETCH.frameSteps;
  const bodiesAt = (frame: number) =>
    [...pieces, ...ships].map(({ position: [x, y, z] }) => ({
      position: [x, y + frame, z] as [number, number, number],
      velocity: [0, 0, 0] as [number, number, number],
    }));
  const states = Array.from({ length: frames - 1 }, (_, at) =>
    bodiesAt(at + 1).flatMap(({ position, velocity }) => [...position, ...velocity]),
  );
  const checkpoints = { everySteps: STRETCH.frameSteps, states: Float32Array.from(states.flat()) };
  return { bodies: bodiesAt(frames), checkpoints, collisions: [], collisionSegments: new Uint32Array(0) };
}

it('lies still until a ship hits it, flies above the ground, disappears, and stands again', () => {
  drive(0.3);
  const before = places();
  expect(heap().every(({ size }) => size === 1)).toBe(true);
  drive(1.2, () => {
    for (const { place } of heap()) {
      const [x, y, z] = place;
      expect(y).toBeGreaterThan(floorUnder(track, x, z, ship.distanceM).y);
    }
  });
  const moved = places().map((place, piece) =>
    Math.hypot(...place.map((at, axis) => at - (before[piece]?.[axis] ?? 0))),
  );
  expect(Math.max(...moved)).toBeGreaterThan(3);
  drive(4);
  expect(heap().every(({ size }) => size === 0)).toBe(true);
  drive(6);
  expect(heap().every(({ size }) => size === 1)).toBe(true);
  expect(places()).toEqual(before);
});

it('plans valid tasks', () => {
  let asked = 0;
  drive(1.2, () => {
    if (!field.plan) return;
    const { params } = physics.pack(field.taskOf(field.plan));
    expect(physics.params.safeParse(params).success).toBe(true);
    asked++;
  });
  expect(asked).toBeGreaterThan(0);
});

it('plans nothing for a heap that no ship comes near', () => {
  ship.lateralM = -ship.lateralM;
  drive(1.2, () => expect(field.plan).toBe(null));
});

it('pieces follow a result that comes in time', () => {
  const lowest = new Map<StretchPlan, number>();
  drive(1.2, () => {
    const { plan } = field;
    if (!plan || lowest.has(plan)) return;
    lowest.set(plan, plan.fromS);
    field.follow(plan, rising(plan));
  });
  // The result raises pieces by ten metres per stretch.
  const stretches = (timeS - Math.min(...lowest.values())) / LOOKAHEAD_S;
  expect(heightM()).toBeGreaterThan(8 * stretches);
});

it('ignores results for a stretch that has begun, and those that do not fit', () => {
  const old: StretchPlan[] = [];
  drive(1.2, () => {
    const { plan } = field;
    if (!plan) return;
    const [last] = old.slice(-1);
    if (last && last !== plan) field.follow(last, rising(last));
    if (last !== plan) old.push(plan);
    const answer = rising(plan);
    field.follow(plan, { ...answer, bodies: answer.bodies.slice(1) });
  });
  expect(old.length).toBeGreaterThan(1);
  expect(heightM()).toBeLessThan(8);
});

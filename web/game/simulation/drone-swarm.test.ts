import { expect, it } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { planCity } from './city.ts';
import { DRONE_WAIT_S, DroneSwarm, type Trip } from './drone-swarm.ts';
import { STEP_MS } from './race.ts';
import { Track } from './track.ts';

const STEP_S = STEP_MS / 1000;
const PLAYER_MPS = 55;

function newSwarm() {
  const random = seededRandom(2);
  const track = new Track(random);
  const city = planCity(track, random);
  return { track, city, swarm: new DroneSwarm(track, city) };
}

/** Runs the race for this long, with `answer` called for every waiting drone. */
function race(swarm: DroneSwarm, seconds: number, answer: (trip: Trip) => void, each = () => {}): void {
  for (let timeS = 0; timeS < seconds; timeS += STEP_S) {
    for (const trip of swarm.trips) answer(trip);
    swarm.step(STEP_S, timeS, timeS * PLAYER_MPS);
    each();
  }
}

/** A path along two streets, for a test without collisions. */
const corner = ({ start, goal }: Trip): [number, number][] => [start, [start[0], goal[1]], goal];

it('no post is inside a building', () => {
  const { swarm } = newSwarm();
  for (const { place } of swarm.drones) expect(swarm.grid.isWall(place)).toBe(false);
});

it('the grid marks every building as wall and leaves the road free', () => {
  const { track, city, swarm } = newSwarm();
  for (const { x, z, widthM, depthM } of city) {
    for (const [across, along] of [
      [-1, -1],
      [0, 0],
      [1, 1],
    ] as const) {
      expect(swarm.grid.isWall({ x: x + (across * widthM) / 2, z: z + (along * depthM) / 2 })).toBe(true);
    }
  }
  for (let alongM = 0; alongM < track.lengthM; alongM += 5) expect(swarm.grid.isWall(track.at(alongM))).toBe(false);
});

it('without a path they fly over every roof', () => {
  const { city, swarm } = newSwarm();
  const tallestM = Math.max(...city.map(({ heightM }) => heightM));
  let highestY = 0;
  race(
    swarm,
    12,
    () => {},
    () => {
      highestY = Math.max(highestY, ...swarm.drones.map(({ place }) => place.y));
      for (const { place } of swarm.drones) {
        const house = city.find(
          ({ x, z, widthM, depthM }) => Math.abs(place.x - x) < widthM / 2 && Math.abs(place.z - z) < depthM / 2,
        );
        if (house) expect(place.y).toBeGreaterThan(house.heightM - 13);
      }
    },
  );
  expect(highestY).toBeGreaterThan(tallestM - 13);
});

it('with a path they stay low and get ahead of the race again', () => {
  const { track, swarm } = newSwarm();
  let highestY = 0;
  race(
    swarm,
    20,
    (trip) => swarm.assignPath(trip, corner(trip)),
    () => {
      highestY = Math.max(highestY, ...swarm.drones.map(({ place }) => place.y));
    },
  );
  expect(highestY).toBeLessThan(25);
  const player = track.at(20 * PLAYER_MPS);
  const waiting = swarm.drones.filter(({ hasArrived }) => hasArrived);
  expect(waiting.length).toBeGreaterThan(0);
  for (const { place } of waiting) expect(Math.hypot(place.x - player.x, place.z - player.z)).toBeGreaterThan(0);
});

it('ignores a path that comes after the drone has left', () => {
  const { swarm } = newSwarm();
  const trips: Trip[] = [];
  race(swarm, 2 + DRONE_WAIT_S * 2, (trip) => trips.push(trip));
  const [late] = trips;
  if (!late) throw new Error('No drone left its post.');
  const before = swarm.drones.map(({ place }) => ({ ...place }));
  swarm.assignPath(late, corner(late));
  const [moved] = swarm.drones.slice(late.drone);
  moved?.step(STEP_S);
  // It is still on its way over the roofs, no lower than it was.
  expect(moved?.place.y).toBeGreaterThanOrEqual(before[late.drone]?.y ?? 0);
});

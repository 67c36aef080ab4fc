import { type Building, CityGrid, type Flat } from './city.ts';
import { Drone, type Place, smoothPath } from './drone.ts';
import { wrappedDifference } from './numbers.ts';
import { GROUND_Y, type Track } from './track.ts';

/** How long a drone hovers while it waits for a path. */
export const DRONE_WAIT_S = 0.6;

const DRONES = 12;
/** Posts that drones watch the race from, evenly along the road. */
const POSTS = 8;
/** Once the player has passed its post, a drone moves this many posts ahead of the player. */
const POSTS_AHEAD = 3;
/** A post counts as passed when the player is this far beyond it. */
const PASSED_M = 12;
/** Places at a post, above the road. */
const SLOTS = [
  { lateralM: -7, heightM: 6.5 },
  { lateralM: 7, heightM: 6.5 },
  { lateralM: -3, heightM: 8 },
  { lateralM: 3, heightM: 8 },
] as const;
/** Between the houses, above everything beside the road. */
const STREET_Y = 10;
const OVER_ROOFS_M = 6;

/** A drone that waits for a path. */
export interface Trip {
  drone: number;
  start: [number, number];
  goal: [number, number];
}

interface Waiting extends Trip {
  to: Place;
  sinceS: number;
}

/**
 * Drones that watch the race. Each waits above the road until the player has passed, then flies across the city to a post ahead of the
 * race. A task finds its path through the streets; without one in time it flies straight, over the roofs.
 */
export class DroneSwarm {
  readonly drones: readonly Drone[];
  readonly grid: CityGrid;
  readonly #track: Track;
  readonly #roofsY: number;
  readonly #posts: number[];
  #waiting: Waiting[] = [];

  constructor(track: Track, city: readonly Building[]) {
    this.#track = track;
    this.grid = new CityGrid(track, city);
    this.#roofsY = GROUND_Y + OVER_ROOFS_M + Math.max(0, ...city.map(({ heightM }) => heightM));
    this.#posts = Array.from({ length: DRONES }, (_, index) => index % POSTS);
    this.drones = this.#posts.map((post, index) => new Drone(this.#slotAt(post, index)));
  }

  /** The drones that wait for a path. */
  get trips(): readonly Trip[] {
    return this.#waiting;
  }

  step(stepS: number, timeS: number, playerM: number): void {
    for (const [index, drone] of this.drones.entries()) {
      drone.step(stepS);
      if (drone.hasArrived && this.#isPassed(index, playerM) && !this.#isWaiting(index))
        this.#leave(index, timeS, playerM);
    }
    const late = this.#waiting.filter(({ sinceS }) => timeS - sinceS > DRONE_WAIT_S);
    for (const { drone, to } of late) this.drones[drone]?.fly([], to, this.#roofsY);
    this.#waiting = this.#waiting.filter((waiting) => !late.includes(waiting));
  }

  /** Does nothing once the drone no longer waits. @param cells - from start to goal; null: there is no path through the streets */
  assignPath(trip: Trip, cells: readonly (readonly [number, number])[] | null): void {
    const waiting = this.#waiting.find((other) => other === trip);
    const drone = waiting && this.drones[waiting.drone];
    if (!waiting || !drone) return;
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    if (cells) drone.fly(smoothPath(this.#streets(drone.place, cells, waiting.to)), waiting.to, STREET_Y);
    else drone.fly([], waiting.to, this.#roofsY);
  }

  #streets(from: Flat, cells: readonly (readonly [number, number])[], to: Flat): Flat[] {
    return [from, ...cells.slice(1, -1).map((cell) => this.grid.placeOf(cell)), to];
  }

  #leave(index: number, timeS: number, playerM: number): void {
    const spacingM = this.#track.lengthM / POSTS;
    const post = (Math.floor(playerM / spacingM) + POSTS_AHEAD) % POSTS;
    this.#posts[index] = post;
    const to = this.#slotAt(post, index);
    const place = this.drones[index]?.place ?? to;
    const start = this.grid.cellAt(place);
    this.#waiting = [...this.#waiting, { drone: index, start, goal: this.grid.cellAt(to), to, sinceS: timeS }];
  }

  #isWaiting(index: number): boolean {
    return this.#waiting.some(({ drone }) => drone === index);
  }

  #isPassed(index: number, playerM: number): boolean {
    return wrappedDifference(this.#postM(this.#posts[index] ?? 0), playerM, this.#track.lengthM) > PASSED_M;
  }

  #slotAt(post: number, index: number): Place {
    const slot = SLOTS[index % SLOTS.length] ?? SLOTS[0];
    return this.#track.place(this.#postM(post), slot.lateralM, slot.heightM);
  }

  #postM(post: number): number {
    return ((post + 0.5) / POSTS) * this.#track.lengthM;
  }
}

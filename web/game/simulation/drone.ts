import type { Flat } from './city.ts';
import { clamp } from './numbers.ts';

export interface Place extends Flat {
  y: number;
}

/** As fast as a ship: it has to be ahead of the race again. */
const SPEED_MPS = 64;
const CLIMB_MPS = 34;
/** So far from its height a drone flies slowly: it climbs over a roof rather than through it. */
const CLIMBING_M = 12;
const CLIMBING_SHARE = 0.15;

/** Flies along a line, at a height, and stops at its end. */
export class Drone {
  readonly place: Place;
  headingRad = 0;
  #way: Flat[] = [];
  #velocity: Flat = { x: 0, z: 0 };
  #heightM: number;
  #goal: Place;

  constructor(place: Place) {
    this.place = { ...place };
    this.#goal = { ...place };
    this.#heightM = place.y;
  }

  get isThere(): boolean {
    return this.#way.length === 0;
  }

  /** @param heightM - y on the way; it ends at the goal's own. */
  fly(way: readonly Flat[], goal: Place, heightM: number): void {
    this.#way = [...way, goal];
    this.#goal = goal;
    this.#heightM = heightM;
  }

  /** Where it will be `aheadS` later if it goes on: draws smoothly between two steps. */
  placeAt(aheadS: number): Place {
    const { x, y, z } = this.place;
    return { x: x + this.#velocity.x * aheadS, y, z: z + this.#velocity.z * aheadS };
  }

  step(stepS: number): void {
    const wantedM = this.isThere ? this.#goal.y : this.#heightM;
    const climbM = wantedM - this.place.y;
    this.place.y += clamp(climbM, -CLIMB_MPS * stepS, CLIMB_MPS * stepS);
    const share = climbM > CLIMBING_M ? CLIMBING_SHARE : 1;
    const from = { x: this.place.x, z: this.place.z };
    this.#advance(SPEED_MPS * share * stepS);
    this.#velocity = { x: (this.place.x - from.x) / stepS, z: (this.place.z - from.z) / stepS };
    if (!this.isThere) this.headingRad = Math.atan2(this.#velocity.x, -this.#velocity.z);
  }

  #advance(byM: number): void {
    let leftM = byM;
    for (let next = this.#way[0]; next; next = this.#way[0]) {
      const toNextM = Math.hypot(next.x - this.place.x, next.z - this.place.z);
      const share = toNextM <= leftM ? 1 : leftM / toNextM;
      this.place.x += (next.x - this.place.x) * share;
      this.place.z += (next.z - this.place.z) * share;
      // What is left is not to be counted down: rounding could leave a little for ever.
      if (share < 1) return;
      leftM -= toNextM;
      this.#way.shift();
    }
  }
}

const ROUNDS = 2;

/** A way in straight lines, with its corners cut twice (Chaikin, 1974): what flies along it turns rather than jerks. */
export function smoothWay(way: readonly Flat[]): Flat[] {
  let line = [...way];
  for (let round = 0; round < ROUNDS; round++) line = withCutCorners(line);
  return line;
}

function withCutCorners(way: readonly Flat[]): Flat[] {
  const cut = way.slice(1).flatMap((to, index) => {
    const from = way[index] ?? to;
    return [between(from, to, 0.25), between(from, to, 0.75)];
  });
  return [...way.slice(0, 1), ...cut, ...way.slice(-1)];
}

function between(from: Flat, to: Flat, share: number): Flat {
  return { x: from.x + (to.x - from.x) * share, z: from.z + (to.z - from.z) * share };
}

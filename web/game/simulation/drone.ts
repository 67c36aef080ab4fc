import type { Flat } from './city.ts';
import { clamp } from './numbers.ts';

export interface Place extends Flat {
  y: number;
}

/** As fast as a ship, since it has to get ahead of the race again. */
const SPEED_MPS = 64;
const CLIMB_MPS = 34;
/** A drone this far below its height flies slowly, so that it climbs over a roof and not through it. */
const CLIMBING_M = 12;
const CLIMBING_SHARE = 0.15;

/** Flies along a path at a given height, and stops at its end. */
export class Drone {
  readonly place: Place;
  headingRad = 0;
  #path: Flat[] = [];
  #velocity: Flat = { x: 0, z: 0 };
  #heightM: number;
  #goal: Place;

  constructor(place: Place) {
    this.place = { ...place };
    this.#goal = { ...place };
    this.#heightM = place.y;
  }

  get hasArrived(): boolean {
    return this.#path.length === 0;
  }

  /** @param heightM - y on the way; the drone ends at the goal's own height */
  fly(path: readonly Flat[], goal: Place, heightM: number): void {
    this.#path = [...path, goal];
    this.#goal = goal;
    this.#heightM = heightM;
  }

  /** Extrapolated position `aheadS` after the last step, for smooth drawing. */
  placeAt(aheadS: number): Place {
    const { x, y, z } = this.place;
    return { x: x + this.#velocity.x * aheadS, y, z: z + this.#velocity.z * aheadS };
  }

  step(stepS: number): void {
    const wantedM = this.hasArrived ? this.#goal.y : this.#heightM;
    const climbM = wantedM - this.place.y;
    this.place.y += clamp(climbM, -CLIMB_MPS * stepS, CLIMB_MPS * stepS);
    const share = climbM > CLIMBING_M ? CLIMBING_SHARE : 1;
    const from = { x: this.place.x, z: this.place.z };
    this.#advance(SPEED_MPS * share * stepS);
    this.#velocity = { x: (this.place.x - from.x) / stepS, z: (this.place.z - from.z) / stepS };
    if (!this.hasArrived) this.headingRad = Math.atan2(this.#velocity.x, -this.#velocity.z);
  }

  #advance(byM: number): void {
    let leftM = byM;
    for (let next = this.#path[0]; next; next = this.#path[0]) {
      const toNextM = Math.hypot(next.x - this.place.x, next.z - this.place.z);
      const share = toNextM <= leftM ? 1 : leftM / toNextM;
      this.place.x += (next.x - this.place.x) * share;
      this.place.z += (next.z - this.place.z) * share;
      // Ends by the share, not by a remaining distance, which rounding could keep above zero for ever.
      if (share < 1) return;
      leftM -= toNextM;
      this.#path.shift();
    }
  }
}

const ROUNDS = 2;

/** Rounds the corners of a path by cutting them twice (Chaikin, 1974). */
export function smoothPath(path: readonly Flat[]): Flat[] {
  let line = [...path];
  for (let round = 0; round < ROUNDS; round++) line = withCutCorners(line);
  return line;
}

function withCutCorners(path: readonly Flat[]): Flat[] {
  const cut = path.slice(1).flatMap((to, index) => {
    const from = path[index] ?? to;
    return [between(from, to, 0.25), between(from, to, 0.75)];
  });
  return [...path.slice(0, 1), ...cut, ...path.slice(-1)];
}

function between(from: Flat, to: Flat, share: number): Flat {
  return { x: from.x + (to.x - from.x) * share, z: from.z + (to.z - from.z) * share };
}

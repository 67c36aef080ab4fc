import { PHYSICS } from '../tuning.ts';
import type { Bodies, World } from './bodies.ts';
import type { StepWatch } from './step.ts';

/**
 * How far another machine that rounds otherwise may be from us, body by body, as a simulation goes on: rounding adds up, a contact
 * turns an error of place into one of direction, and where it is not certain whether two touch yet, one of the two may have bounced
 * and the other not. What a fixed tolerance would have to guess, this follows.
 */
export class ErrorBounds implements StepWatch {
  /** Metres, and metres a second. */
  readonly places: Float64Array;
  readonly speeds: Float64Array;
  /** Keys of pairs that touched for certain. */
  readonly certain: number[] = [];
  readonly #bodies: Bodies;
  readonly #world: World;
  #margin = 0;

  /** As they begin: rounded once. */
  constructor(bodies: Bodies, world: World) {
    this.#bodies = bodies;
    this.#world = world;
    const count = bodies.masses.length;
    this.places = Float64Array.from({ length: count }, (_, i) => rounding(bodies.positions, i));
    this.speeds = Float64Array.from({ length: count }, (_, i) => rounding(bodies.velocities, i));
  }

  get margin(): number {
    return this.#margin;
  }

  moved(): void {
    const { positions, velocities, radii } = this.#bodies;
    const { timestepS } = this.#world;
    this.#margin = 0;
    for (let i = 0; i < this.places.length; i++) {
      const speed = (this.speeds[i] ?? 0) + rounding(velocities, i);
      const place = (this.places[i] ?? 0) + speed * timestepS + rounding(positions, i);
      this.speeds[i] = speed;
      this.places[i] = place;
      // Whoever may be anywhere is not looked for everywhere.
      this.#margin = Math.max(this.#margin, Math.min(2 * place, radii[i] ?? 0));
    }
  }

  met(first: number, second: number, gap: number): void {
    const { positions, velocities, radii, masses } = this.#bodies;
    const reach = (this.places[first] ?? 0) + (this.places[second] ?? 0);
    if (gap > reach) return;
    const isCertain = gap < -PHYSICS.errorSlack * reach;
    if (isCertain) this.certain.push(first * masses.length + second);
    const distance = Math.max(gap + (radii[first] ?? 0) + (radii[second] ?? 0), Number.MIN_VALUE);
    let approach = 0;
    let relative = 0;
    for (let axis = 0; axis < 3; axis++) {
      const a = first * 3 + axis;
      const b = second * 3 + axis;
      const speed = (velocities[a] ?? 0) - (velocities[b] ?? 0);
      approach += (speed * ((positions[b] ?? 0) - (positions[a] ?? 0))) / distance;
      relative += speed * speed;
    }
    // Two lines of centres this far apart differ by so much in direction; by no more than about face.
    const turn = Math.min(2, reach / distance);
    const approachError = (this.speeds[first] ?? 0) + (this.speeds[second] ?? 0) + Math.sqrt(relative) * turn;
    if (approach < -approachError) return;
    const impulseError = isCertain ? approachError + Math.abs(approach) * turn : Math.abs(approach) + approachError;
    const share = ((1 + this.#world.restitution) * impulseError) / ((masses[first] ?? 0) + (masses[second] ?? 0));
    this.speeds[first] = (this.speeds[first] ?? 0) + share * (masses[second] ?? 0);
    this.speeds[second] = (this.speeds[second] ?? 0) + share * (masses[first] ?? 0);
  }
}

function rounding(vectors: Float64Array, i: number): number {
  const largest = Math.max(
    Math.abs(vectors[i * 3] ?? 0),
    Math.abs(vectors[i * 3 + 1] ?? 0),
    Math.abs(vectors[i * 3 + 2] ?? 0),
  );
  return PHYSICS.roundingShare * largest;
}

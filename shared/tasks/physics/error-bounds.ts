import type { Bodies, World } from './bodies.ts';
import type { Claims } from './claims.ts';
import type { StepWatch } from './simulate.ts';

/** Relative error of an honest machine in a number and in each sum: a few roundings in single precision. */
export const ROUNDING_SHARE = 1e-6;
/** Error bounds are estimates: differences up to this many times the bound are accepted. */
export const ERROR_SLACK = 4;
/** A machine may gain some energy by rounding. */
const TOP_SPEED_SLACK = 1.01;

/**
 * Bounds, body by body, how far a machine with other rounding may deviate in the course of a simulation. Rounding errors add up; a contact
 * turns an error of position into one of direction; and where two bodies barely touch, one machine may have let them bounce and the other
 * not. A fixed tolerance could only guess this. Where many bodies touch, such estimates grow without limit: then the bound is what the energy
 * of all of them allows.
 */
export class ErrorBounds implements StepWatch {
  /** Error bounds of positions, m, and velocities, m/s. */
  readonly places: Float64Array;
  readonly speeds: Float64Array;
  /** Keys of pairs that certainly collided. */
  readonly certain = new Set<number>();
  readonly #bodies: Bodies;
  readonly #world: World;
  readonly #claims: Claims;
  /** Most that the speed of each body can differ between two machines, m/s. */
  readonly #mostSpeeds: Float64Array;
  /** The same of its place, so far, m. */
  readonly #mostPlaces: Float64Array;
  #margin = 0;

  /**
   * Starts with one rounding error for each body.
   *
   * @param claims - of this simulation, of the same bodies.
   */
  constructor(bodies: Bodies, world: World, claims: Claims) {
    this.#bodies = bodies;
    this.#world = world;
    this.#claims = claims;
    const count = bodies.masses.length;
    this.places = Float64Array.from({ length: count }, (_, i) => rounding(bodies.positions, i));
    this.speeds = Float64Array.from({ length: count }, (_, i) => rounding(bodies.velocities, i));
    this.#mostPlaces = this.places.slice();
    this.#mostSpeeds = topSpeeds(bodies).map((speed, i) => 2 * TOP_SPEED_SLACK * speed + (this.speeds[i] ?? 0));
  }

  get margin(): number {
    return this.#margin;
  }

  moved(): void {
    const { positions, velocities, radii } = this.#bodies;
    const { timestepS } = this.#world;
    this.#margin = 0;
    for (let i = 0; i < this.places.length; i++) {
      const roundedPlace = rounding(positions, i);
      const mostSpeed = (this.#mostSpeeds[i] ?? 0) + rounding(velocities, i);
      const mostPlace = (this.#mostPlaces[i] ?? 0) + mostSpeed * timestepS + roundedPlace;
      const speed = Math.min((this.speeds[i] ?? 0) + rounding(velocities, i), mostSpeed);
      const place = Math.min((this.places[i] ?? 0) + speed * timestepS + roundedPlace, mostPlace);
      this.#mostSpeeds[i] = mostSpeed;
      this.#mostPlaces[i] = mostPlace;
      this.speeds[i] = speed;
      this.places[i] = place;
      // Capped, so that one very uncertain body does not widen the search for all.
      this.#margin = Math.max(this.#margin, Math.min(2 * place, radii[i] ?? 0));
    }
    // Not in `met`, which does not hear of all pairs of very uncertain bodies.
    this.#claims.strike((body) => ERROR_SLACK * (this.places[body] ?? 0));
  }

  met(first: number, second: number, gap: number): void {
    const { positions, velocities, radii, masses } = this.#bodies;
    const reach = (this.places[first] ?? 0) + (this.places[second] ?? 0);
    if (gap > reach) return;
    const isCertain = gap < -ERROR_SLACK * reach;
    if (isCertain) this.certain.add(first * masses.length + second);
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
    // Change of the direction of the line of centres; 2 is a reversal.
    const turn = Math.min(2, reach / distance);
    const approachError = (this.speeds[first] ?? 0) + (this.speeds[second] ?? 0) + Math.sqrt(relative) * turn;
    if (approach < -approachError) return;
    const impulseError = isCertain ? approachError + Math.abs(approach) * turn : Math.abs(approach) + approachError;
    const share = ((1 + this.#world.restitution) * impulseError) / ((masses[first] ?? 0) + (masses[second] ?? 0));
    this.speeds[first] = (this.speeds[first] ?? 0) + share * (masses[second] ?? 0);
    this.speeds[second] = (this.speeds[second] ?? 0) + share * (masses[first] ?? 0);
  }
}

/**
 * The speed beside the common one that each body would have with all of the energy, m/s. Gravity pulls all alike, and no impulse adds any, so it has no
 * more until the end.
 */
function topSpeeds({ velocities, masses }: Bodies): Float64Array {
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  const common = [0, 0, 0];
  for (const [i, speed] of velocities.entries()) {
    common[i % 3] = (common[i % 3] ?? 0) + (speed * (masses[Math.trunc(i / 3)] ?? 0)) / total;
  }
  let twiceEnergy = 0;
  for (const [i, speed] of velocities.entries()) {
    twiceEnergy += (masses[Math.trunc(i / 3)] ?? 0) * (speed - (common[i % 3] ?? 0)) ** 2;
  }
  // The others have the opposite momentum, and so a part of the energy; of one that is next to all of the mass, rounding would leave nothing.
  return masses.map((mass) => Math.sqrt((twiceEnergy * Math.max(1 - mass / total, 1e-9)) / mass));
}

function rounding(vectors: Float64Array, i: number): number {
  const largest = Math.max(
    Math.abs(vectors[i * 3] ?? 0),
    Math.abs(vectors[i * 3 + 1] ?? 0),
    Math.abs(vectors[i * 3 + 2] ?? 0),
  );
  return ROUNDING_SHARE * largest;
}

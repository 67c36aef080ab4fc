import type { Bodies } from './bodies.ts';

/** Pairs that are said to collide in the course of a simulation. Those that may do so are struck. */
export class Claims {
  readonly #bodies: Bodies;
  /** Two numbers for each pair; those that are left come first. */
  readonly #pairs: Uint32Array;
  #left: number;

  /** @param pairs - two numbers each. Owned: it is reordered. */
  constructor(bodies: Bodies, pairs: Uint32Array) {
    this.#bodies = bodies;
    this.#pairs = pairs;
    this.#left = pairs.length / 2;
  }

  /** Pairs that so far cannot have touched. */
  get left(): number {
    return this.#left;
  }

  /** Strikes the pairs that may touch now. @param reaches - of each body, how far it may be from where it is here, m. */
  strike(reaches: (body: number) => number): void {
    const { positions, radii } = this.#bodies;
    const pairs = this.#pairs;
    for (let i = 0; i < this.#left; ) {
      const first = pairs[i * 2] ?? 0;
      const second = pairs[i * 2 + 1] ?? 0;
      const dx = (positions[first * 3] ?? 0) - (positions[second * 3] ?? 0);
      const dy = (positions[first * 3 + 1] ?? 0) - (positions[second * 3 + 1] ?? 0);
      const dz = (positions[first * 3 + 2] ?? 0) - (positions[second * 3 + 2] ?? 0);
      const gap = Math.sqrt(dx * dx + dy * dy + dz * dz) - (radii[first] ?? 0) - (radii[second] ?? 0);
      if (gap > reaches(first) + reaches(second)) i++;
      else {
        this.#left--;
        pairs.copyWithin(i * 2, this.#left * 2, this.#left * 2 + 2);
      }
    }
  }
}

const ORB_POINTS = 10;
const LAP_POINTS = 500;
/** Every so many orbs in a row raise what the next are worth. */
const CHAIN_STEP = 5;
const MAX_MULTIPLIER = 8;
const CHAIN_LASTS_S = 4;

/** Points of one run: orbs in a row are worth more, a barrier breaks the row. */
export class Score {
  points = 0;
  #chain = 0;
  #sinceOrbS = 0;

  get multiplier(): number {
    return Math.min(MAX_MULTIPLIER, 1 + Math.floor(this.#chain / CHAIN_STEP));
  }

  step(stepS: number): void {
    this.#sinceOrbS += stepS;
    if (this.#sinceOrbS > CHAIN_LASTS_S) this.#chain = 0;
  }

  orbs(count: number): void {
    if (count === 0) return;
    this.points += count * ORB_POINTS * this.multiplier;
    this.#chain += count;
    this.#sinceOrbS = 0;
  }

  lap(): void {
    this.points += LAP_POINTS;
  }

  scrape(): void {
    this.#chain = 0;
  }
}

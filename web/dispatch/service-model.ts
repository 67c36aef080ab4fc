import { TASKS } from './tuning.ts';

/**
 * How long one machine computes at tasks of one type: ms = a + b * cost, by least squares over what was seen, the newest counting
 * most (exponential forgetting; weighted means and covariances as in West 1979, "Updating mean and variance estimates").
 */
export class ServiceModel {
  /** Announced, and used until something was seen. */
  readonly #priorMsPerUnit: number;
  #weight = 0;
  #meanCost = 0;
  #meanMs = 0;
  #variance = 0;
  #covariance = 0;

  constructor(priorMsPerUnit: number) {
    this.#priorMsPerUnit = priorMsPerUnit;
  }

  get isMeasured(): boolean {
    return this.#weight > 0;
  }

  predictMs(cost: number): number {
    if (!this.isMeasured) return cost * this.#priorMsPerUnit;
    return Math.max(0, this.#meanMs + this.#msPerUnit() * (cost - this.#meanCost));
  }

  /** @param sinceLastMs - what is known weighs less the older it is. */
  learn(cost: number, ms: number, sinceLastMs = 0): void {
    const remembered = this.#weight * Math.exp(-sinceLastMs / TASKS.forgetAfterMs);
    // The first counts in full, later ones share: a mean of all until the window is full, then of the newest.
    this.#weight = Math.min(remembered + 1, 1 / TASKS.estimateSmoothing);
    const share = 1 / this.#weight;
    const costStep = cost - this.#meanCost;
    const msStep = ms - this.#meanMs;
    this.#meanCost += share * costStep;
    this.#meanMs += share * msStep;
    this.#variance = (1 - share) * (this.#variance + share * costStep * costStep);
    this.#covariance = (1 - share) * (this.#covariance + share * costStep * msStep);
  }

  /**
   * b. Costs that hardly differ say nothing of it: then, and as far as they do, time is taken to be proportional to cost. The
   * fixed part is never negative.
   */
  #msPerUnit(): number {
    if (this.#meanCost <= 0) return 0;
    const proportional = this.#meanMs / this.#meanCost;
    const doubt = (TASKS.minCostSpread * this.#meanCost) ** 2;
    const fitted = (this.#covariance + doubt * proportional) / (this.#variance + doubt);
    return Math.min(Math.max(0, fitted), proportional);
  }
}

import { clamp } from './numbers.ts';
import type { Track } from './track.ts';

/** Input of a driver. The craft accelerates by itself, so that two thumbs are enough to play. */
export interface Controls {
  /** -1 left to 1 right. */
  steer: number;
  /** Only shows that a person is playing. */
  go: boolean;
  brake: boolean;
  boost: boolean;
}

export const NEUTRAL: Controls = { steer: 0, go: false, brake: false, boost: false };

export const isTouched = ({ steer, go, brake, boost }: Controls): boolean => steer !== 0 || go || brake || boost;

/** Handling of a craft, tuned by playing. */
export const HANDLING = {
  topSpeedMps: 58,
  boostSpeedMps: 82,
  accelerationMps2: 22,
  boostAccelerationMps2: 60,
  brakeMps2: 42,
  /** Lowest speed when braking: a craft never stops on the road. */
  crawlSpeedMps: 12,
  yawRateRadps: 1.5,
  /** Share of the road's own turn that the craft follows by itself. */
  assist: 0.72,
  /** How fast the course follows the nose, 1/s. Lower drifts more. */
  gripPerS: 5.5,
  /** How fast the nose swings back along the road without steering, 1/s. */
  selfCentringPerS: 1.6,
  maxNoseRad: 0.55,
  boostDrainPerS: 0.45,
  padBoostS: 0.9,
  /** Half the width of a craft, so that its wing and not its middle touches the barrier. */
  halfWidthM: 1.3,
} as const;

/** A hovercraft in road coordinates: distance along, offset across, and angle to the road. */
export class Craft {
  distanceM: number;
  /** Positive to the right of the centre line. */
  lateralM: number;
  speedMps: number;
  /** Where the nose points and where it really goes, both relative to the road. */
  noseRad = 0;
  courseRad = 0;
  steer = 0;
  /** 0 to 1. */
  energy = 0.5;
  boosting = false;
  topSpeedShare = 1;
  /** Time since a barrier was last touched. */
  sinceScrapeS = Number.POSITIVE_INFINITY;
  #padBoostS = 0;
  #alongMps = 0;
  #acrossMps = 0;

  constructor(start: { distanceM: number; lateralM: number; speedMps: number }) {
    this.distanceM = start.distanceM;
    this.lateralM = start.lateralM;
    this.speedMps = start.speedMps;
  }

  hitBoostPad(): void {
    this.#padBoostS = HANDLING.padBoostS;
  }

  /** Extrapolated position `aheadS` after the last step, for smooth drawing. */
  poseAt(aheadS: number): { distanceM: number; lateralM: number } {
    return {
      distanceM: this.distanceM + this.#alongMps * aheadS,
      lateralM: this.lateralM + this.#acrossMps * aheadS,
    };
  }

  step(controls: Controls, track: Track, stepS: number): void {
    const { curvature } = track.at(this.distanceM);
    this.steer += (clamp(controls.steer, -1, 1) - this.steer) * Math.min(1, 10 * stepS);
    this.#changeSpeed(controls, stepS);
    this.#alongMps = (this.speedMps * Math.cos(this.courseRad)) / Math.max(0.4, 1 - curvature * this.lateralM);
    this.#acrossMps = this.speedMps * Math.sin(this.courseRad);
    const roadTurn = curvature * this.#alongMps * (1 - HANDLING.assist);
    const swing = this.steer * HANDLING.yawRateRadps - this.noseRad * HANDLING.selfCentringPerS - roadTurn;
    this.noseRad = clamp(this.noseRad + swing * stepS, -HANDLING.maxNoseRad, HANDLING.maxNoseRad);
    this.courseRad += (this.noseRad - this.courseRad) * Math.min(1, HANDLING.gripPerS * stepS);
    this.distanceM += this.#alongMps * stepS;
    this.lateralM += this.#acrossMps * stepS;
    this.#stayBetweenBarriers(track, stepS);
  }

  #changeSpeed(controls: Controls, stepS: number): void {
    const usesEnergy = controls.boost && this.energy > 0 && !controls.brake;
    if (usesEnergy) this.energy = Math.max(0, this.energy - HANDLING.boostDrainPerS * stepS);
    this.#padBoostS = Math.max(0, this.#padBoostS - stepS);
    this.boosting = usesEnergy || this.#padBoostS > 0;
    const top = this.boosting ? HANDLING.boostSpeedMps : HANDLING.topSpeedMps * this.topSpeedShare;
    if (controls.brake) this.speedMps = Math.max(HANDLING.crawlSpeedMps, this.speedMps - HANDLING.brakeMps2 * stepS);
    else if (this.speedMps < top) {
      const push = this.boosting ? HANDLING.boostAccelerationMps2 : HANDLING.accelerationMps2;
      this.speedMps = Math.min(top, this.speedMps + push * stepS);
    } else this.speedMps += (top - this.speedMps) * Math.min(1, 1.5 * stepS);
  }

  #stayBetweenBarriers(track: Track, stepS: number): void {
    this.sinceScrapeS += stepS;
    const limitM = track.halfWidthM - HANDLING.halfWidthM;
    if (Math.abs(this.lateralM) <= limitM) return;
    const side = Math.sign(this.lateralM);
    this.lateralM = side * limitM;
    // Bounces off at a shallow angle and slower, so that a touch costs speed but never stops the craft.
    if (this.courseRad * side > 0) this.courseRad *= -0.35;
    if (this.noseRad * side > 0) this.noseRad *= -0.2;
    this.speedMps = Math.max(HANDLING.crawlSpeedMps, this.speedMps * (1 - 1.8 * stepS));
    this.sinceScrapeS = 0;
  }
}

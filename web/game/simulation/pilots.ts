import type { CourseItems } from './course-items.ts';
import type { Controls, Craft } from './craft.ts';
import { clamp } from './numbers.ts';
import { observeForSteering, type Steered, toSteering } from './steering-observation.ts';
import type { Track } from './track.ts';

/**
 * How long an output of the policy is followed after its observation was made. At 58 m/s a ship is then 17 m further, within the
 * distance that the policy looks ahead.
 */
export const STEER_HOLD_S = 0.3;

/**
 * Drives the rivals: by the steering policy while its outputs are fresh, else by an autopilot for each. Depends only on the outputs and
 * when they came, in race time, so that a race can be replayed.
 */
export class RivalPilots {
  readonly #track: Track;
  readonly #steered: readonly Steered[];
  readonly #autopilots: readonly Autopilot[];
  #output: { controls: Float32Array; seenAtS: number } | null = null;

  constructor(track: Track, steered: readonly Steered[]) {
    this.#track = track;
    this.#steered = steered;
    this.#autopilots = steered.map(({ laneM }) => new Autopilot(track, null, laneM));
  }

  /** Input of the policy. @param all - every craft on the road */
  observe(all: readonly Craft[]): Float32Array<ArrayBuffer> {
    return observeForSteering(this.#steered, all, this.#track);
  }

  /** Ignores malformed output. @param seenAtS - race time when the observation was made */
  follow(controls: Float32Array, seenAtS: number): void {
    const isWhole = controls.length === 2 * this.#steered.length && controls.every(Number.isFinite);
    if (isWhole) this.#output = { controls, seenAtS };
  }

  /** Rivals do not boost. */
  drive(row: number, craft: Craft, timeS: number): Controls | null {
    const output = this.#output;
    if (output && timeS - output.seenAtS <= STEER_HOLD_S) {
      return { ...toSteering(output.controls, row), go: true, boost: false };
    }
    const own = this.#autopilots[row]?.drive(craft);
    return own ? { ...own, boost: false } : null;
  }
}

/** Lateral acceleration in bends, m/s2. The assisted craft can hold more. */
const MAX_LATERAL_MPS2 = 62;
const LOOK_AHEAD_M = [10, 25, 45, 70] as const;
/** Boosts only on straights; a bend of 250 m radius counts as one. */
const BOOST_BELOW_CURVATURE = 1 / 250;
const BOOST_ABOVE_ENERGY = 0.6;

/** Drives by looking ahead: along its lane or towards orbs, and slower before bends. */
export class Autopilot {
  readonly #track: Track;
  readonly #items: CourseItems | null;
  readonly #laneM: number;
  #boosting = false;

  /** @param items - what to steer for; null: keep to the lane */
  constructor(track: Track, items: CourseItems | null, laneM: number) {
    this.#track = track;
    this.#items = items;
    this.#laneM = laneM;
  }

  drive(craft: Craft): Controls {
    const bends = LOOK_AHEAD_M.map((aheadM) => this.#track.at(craft.distanceM + aheadM).curvature);
    const sharpest = Math.max(...bends.map(Math.abs));
    const safeMps = Math.sqrt(MAX_LATERAL_MPS2 / Math.max(sharpest, 1e-4));
    this.#boosting = this.#wantsBoost(craft, sharpest);
    return {
      steer: this.#steer(craft, bends[0] ?? 0),
      go: true,
      brake: craft.speedMps > safeMps,
      boost: this.#boosting,
    };
  }

  #steer(craft: Craft, curvature: number): number {
    const reachM = 12 + craft.speedMps * 0.45;
    const orb = this.#items?.nextOrb(craft.distanceM, reachM * 2) ?? null;
    const limitM = this.#track.halfWidthM - 2.6;
    const targetM = clamp(orb ? orb.lateralM : this.#laneM, -limitM, limitM);
    const wantedRad = clamp(Math.atan2(targetM - craft.lateralM, reachM), -0.3, 0.3);
    return clamp((wantedRad - craft.courseRad) * 5 + curvature * 12, -1, 1);
  }

  #wantsBoost(craft: Craft, sharpest: number): boolean {
    if (sharpest > BOOST_BELOW_CURVATURE) return false;
    return craft.energy > (this.#boosting ? 0.1 : BOOST_ABOVE_ENERGY);
  }
}

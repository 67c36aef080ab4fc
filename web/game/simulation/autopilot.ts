import type { CourseItems } from './course-items.ts';
import type { Controls, Craft } from './craft.ts';
import { clamp } from './numbers.ts';
import type { Track } from './track.ts';

/** Sideways pull a driver dares, m/s2: what the assisted craft holds with room to spare. */
const DARING_MPS2 = 62;
const LOOK_AHEAD_M = [10, 25, 45, 70] as const;
/** Only into a straight: a bend of 250 m radius still counts as one. */
const BOOST_BELOW_CURVATURE = 1 / 250;
const BOOST_ABOVE_ENERGY = 0.6;

/** Drives by looking ahead: along its lane, towards orbs if it collects, slower before bends. */
export class Autopilot {
  readonly #track: Track;
  readonly #items: CourseItems | null;
  readonly #laneM: number;
  #boosting = false;

  /** @param items - what it steers for; null keeps to its lane. */
  constructor(track: Track, items: CourseItems | null, laneM: number) {
    this.#track = track;
    this.#items = items;
    this.#laneM = laneM;
  }

  drive(craft: Craft): Controls {
    const bends = LOOK_AHEAD_M.map((aheadM) => this.#track.at(craft.distanceM + aheadM).curvature);
    const sharpest = Math.max(...bends.map(Math.abs));
    const safeMps = Math.sqrt(DARING_MPS2 / Math.max(sharpest, 1e-4));
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

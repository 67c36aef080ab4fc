import type { Craft } from './craft.ts';
import { type Random, wrap, wrappedDifference } from './numbers.ts';
import type { Track } from './track.ts';

export interface Orb {
  readonly distanceM: number;
  readonly lateralM: number;
  /** Time until it reappears; 0 while it is there. */
  awayS: number;
}

export interface BoostPad {
  readonly distanceM: number;
  readonly lateralM: number;
}

const ORBS_PER_ROW = 5;
const ORB_SPACING_M = 8;
const ROW_SPACING_M = 74;
const ORB_REACH_M = { along: 3, across: 1.9 };
const ORB_AWAY_S = 6;
const PADS = 6;
const PAD_REACH_M = { along: 3.5, across: 2 };
/** Kept free at the start line. */
const START_CLEAR_M = 40;

/** Items on the road: rows of orbs to collect, and pads that boost. */
export class CourseItems {
  readonly orbs: readonly Orb[];
  readonly pads: readonly BoostPad[];
  readonly #lengthM: number;

  constructor(track: Track, random: Random) {
    this.#lengthM = track.lengthM;
    const rows = Math.floor((track.lengthM - 2 * START_CLEAR_M) / ROW_SPACING_M);
    const reachM = track.halfWidthM - 3;
    this.orbs = Array.from({ length: rows }, (_, row) => {
      const startM = START_CLEAR_M + row * ROW_SPACING_M;
      const middleM = (random() * 2 - 1) * reachM * 0.7;
      const driftM = (random() * 2 - 1) * 1.1;
      return Array.from({ length: ORBS_PER_ROW }, (_, index) => ({
        distanceM: startM + index * ORB_SPACING_M,
        lateralM: Math.max(-reachM, Math.min(reachM, middleM + (index - 2) * driftM)),
        awayS: 0,
      }));
    }).flat();
    this.pads = Array.from({ length: PADS }, (_, index) => ({
      distanceM: wrap(((index + 0.35 + random() * 0.3) / PADS) * track.lengthM, track.lengthM),
      lateralM: (random() * 2 - 1) * (track.halfWidthM - 3.5),
    }));
  }

  /** Counts down until orbs reappear. */
  step(stepS: number): void {
    for (const orb of this.orbs) orb.awayS = Math.max(0, orb.awayS - stepS);
  }

  /** Removes the orbs that the craft touches. @returns how many */
  collect(craft: Craft): number {
    let count = 0;
    for (const orb of this.orbs) {
      if (orb.awayS > 0 || !this.#touches(craft, orb, ORB_REACH_M)) continue;
      orb.awayS = ORB_AWAY_S;
      count++;
    }
    return count;
  }

  isOnPad(craft: Craft): boolean {
    return this.pads.some((pad) => this.#touches(craft, pad, PAD_REACH_M));
  }

  /** The next orb within `reachM` ahead, for the autopilot. */
  nextOrb(distanceM: number, reachM: number): Orb | null {
    let nearest: Orb | null = null;
    let nearestM = reachM;
    for (const orb of this.orbs) {
      const aheadM = wrap(orb.distanceM - distanceM, this.#lengthM);
      if (orb.awayS > 0 || aheadM < ORB_REACH_M.along || aheadM >= nearestM) continue;
      nearest = orb;
      nearestM = aheadM;
    }
    return nearest;
  }

  #touches(craft: Craft, item: BoostPad, reach: { along: number; across: number }): boolean {
    return (
      Math.abs(craft.lateralM - item.lateralM) < reach.across &&
      Math.abs(wrappedDifference(craft.distanceM, item.distanceM, this.#lengthM)) < reach.along
    );
  }
}

import type { Craft } from './craft.ts';
import { clamp, wrap } from './numbers.ts';
import type { Track } from './track.ts';

/** The model in the server's list: `observation`, float32 [craft, 15], to `controls`, float32 [craft, 2]. */
export const STEERING_MODEL = 'steering';

/** The network was trained with these values (training/steering.py). */
const LOOK_AHEAD_M = [0, 8, 18, 32, 50, 75] as const;
const CURVATURE_SCALE = 16;
const NEAR_M = 30;
const SPEED_SCALE_MPS = 82;
const CLOSING_SCALE_MPS = 40;
const ANGLE_SCALE_RAD = 0.55;

/** Numbers in the observation of one craft. */
export const OBSERVED = 9 + LOOK_AHEAD_M.length;

/** A craft to steer along its lane. `laneM` is metres right of the centre line. */
export interface Steered {
  craft: Craft;
  laneM: number;
}

/**
 * The steering policy's input, a row of {@link OBSERVED} numbers for each craft: itself, the road ahead, and the next craft ahead.
 *
 * @param all - every craft on the road, including those that are steered
 */
export function observeForSteering(
  steered: readonly Steered[],
  all: readonly Craft[],
  track: Track,
): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(steered.length * OBSERVED);
  for (const [row, { craft, laneM }] of steered.entries()) {
    const near = nextAhead(craft, all, track.lengthM);
    rows.set(
      [
        craft.lateralM / track.halfWidthM,
        craft.courseRad / ANGLE_SCALE_RAD,
        craft.noseRad / ANGLE_SCALE_RAD,
        craft.steer,
        craft.speedMps / SPEED_SCALE_MPS,
        laneM / track.halfWidthM,
        ...LOOK_AHEAD_M.map((aheadM) => track.at(craft.distanceM + aheadM).curvature * CURVATURE_SCALE),
        near ? 1 - near.aheadM / NEAR_M : 0,
        near ? (near.other.lateralM - craft.lateralM) / track.halfWidthM : 0,
        near ? (craft.speedMps - near.other.speedMps) / CLOSING_SCALE_MPS : 0,
      ],
      row * OBSERVED,
    );
  }
  return rows;
}

/** The controls in one row of the policy's output. */
export function toSteering(controls: ArrayLike<number>, row: number): { steer: number; brake: boolean } {
  return { steer: clamp(controls[2 * row] ?? 0, -1, 1), brake: (controls[2 * row + 1] ?? 0) > 0 };
}

function nextAhead(craft: Craft, all: readonly Craft[], lengthM: number): { other: Craft; aheadM: number } | null {
  let next: { other: Craft; aheadM: number } | null = null;
  for (const other of all) {
    const aheadM = wrap(other.distanceM - craft.distanceM, lengthM);
    if (aheadM > 0 && aheadM < (next?.aheadM ?? NEAR_M)) next = { other, aheadM };
  }
  return next;
}

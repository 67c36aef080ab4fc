import { GROUND_Y } from './city-plan.ts';
import type { Track } from './track.ts';

/** Beside the barrier a thing falls past the road. */
const EDGE_M = 0.4;
/** Towards the nearest point of a road that bends less than this corrects. */
const ROUNDS = 3;

export interface Floor {
  /** Along the road, of the point beside which it is. */
  alongM: number;
  y: number;
}

/** What a thing at x, z falls onto: the road, or the plain below. @param nearM - about where along the road it is. */
export function floorUnder(track: Track, x: number, z: number, nearM: number): Floor {
  let alongM = nearM;
  let lateralM = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const at = track.at(alongM);
    const [dx, dz] = [x - at.x, z - at.z];
    lateralM = dx * Math.cos(at.headingRad) + dz * Math.sin(at.headingRad);
    alongM += dx * Math.sin(at.headingRad) - dz * Math.cos(at.headingRad);
  }
  const isRoad = Math.abs(lateralM) < track.halfWidthM + EDGE_M;
  return { alongM, y: isRoad ? track.place(alongM, lateralM).y : GROUND_Y };
}

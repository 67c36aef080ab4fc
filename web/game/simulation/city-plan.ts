import type { Random } from './random.ts';
import type { Track } from './track.ts';

/** The plain below the road. */
export const GROUND_Y = -13;

const BUILDINGS = 170;
export const CITY_RADIUS_M = 430;
/** Between a building's wall and the middle of the road. */
const CLEARANCE_M = 22;

export interface Building {
  /** Of its middle. */
  x: number;
  z: number;
  widthM: number;
  depthM: number;
  /** Above the ground. */
  heightM: number;
}

/** Where the towers stand, clear of the road and of one another. */
export function planCity(track: Track, random: Random): Building[] {
  const road = Array.from({ length: Math.floor(track.lengthM / 8) }, (_, index) => track.at(index * 8));
  const found: Building[] = [];
  for (let attempt = 0; attempt < BUILDINGS * 6 && found.length < BUILDINGS; attempt++) {
    const angle = random() * 2 * Math.PI;
    const radiusM = Math.sqrt(random()) * CITY_RADIUS_M;
    const x = Math.cos(angle) * radiusM;
    const z = Math.sin(angle) * radiusM;
    const widthM = 9 + random() * 15;
    const depthM = 9 + random() * 15;
    const halfM = Math.max(widthM, depthM) / 2;
    const toRoadM = Math.min(...road.map((point) => Math.hypot(point.x - x, point.z - z))) - halfM;
    if (toRoadM < CLEARANCE_M - 8 + random() * 8) continue;
    if (found.some((other) => Math.abs(other.x - x) < 20 && Math.abs(other.z - z) < 20)) continue;
    // Low beside the road, so that the sky and what is behind stays in view.
    const heightM = 14 + random() * 22 + Math.min(70, toRoadM) * random() * 0.9;
    found.push({ x, z, widthM, depthM, heightM });
  }
  return found;
}

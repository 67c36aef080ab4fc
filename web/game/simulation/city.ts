import { clamp, type Random } from './numbers.ts';
import type { Track } from './track.ts';

const BUILDINGS = 170;
export const CITY_RADIUS_M = 430;
/** Between a building's wall and the middle of the road, at least. */
const ROAD_CLEARANCE_M = 22;

export interface Building {
  /** The middle, metres. */
  x: number;
  z: number;
  widthM: number;
  depthM: number;
  /** Above the ground. */
  heightM: number;
}

/** Places the buildings, clear of the road and of one another. */
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
    if (toRoadM < ROAD_CLEARANCE_M - 8 + random() * 8) continue;
    if (found.some((other) => Math.abs(other.x - x) < 20 && Math.abs(other.z - z) < 20)) continue;
    // Low beside the road, so that the sky and the city behind stay in view.
    const heightM = 14 + random() * 22 + Math.min(70, toRoadM) * random() * 0.9;
    found.push({ x, z, widthM, depthM, heightM });
  }
  return found;
}

/** Finer than a street is wide, and coarse enough that a path has some fifty cells. */
const CELL_M = 8;
const SIDE = 2 * Math.ceil((CITY_RADIUS_M + 30) / CELL_M);
/** Between a wall and a drone. */
const WALL_CLEARANCE_M = 2;
/** Half width of the strip along the road that drones avoid, to stay out of the way. */
const ROAD_M = 14;
/** Cost of entering a cell; 0 blocks it. */
const COST = { wall: 0, street: 1, road: 3 } as const;

export interface Flat {
  x: number;
  z: number;
}
type Cell = [number, number];

/** The city from above in square cells, for pathfinding. */
export class CityGrid {
  readonly side = SIDE;
  /** Cost of each cell, row by row. */
  readonly cost = new Uint8Array(SIDE * SIDE).fill(COST.street);

  constructor(track: Track, buildings: readonly Building[]) {
    for (let alongM = 0; alongM < track.lengthM; alongM += CELL_M / 2) {
      const { x, z } = track.at(alongM);
      this.#fill({ x, z }, ROAD_M, ROAD_M, COST.road);
    }
    for (const { x, z, widthM, depthM } of buildings) {
      this.#fill({ x, z }, widthM / 2 + WALL_CLEARANCE_M, depthM / 2 + WALL_CLEARANCE_M, COST.wall);
    }
  }

  cellAt({ x, z }: Flat): Cell {
    return [cellOf(x), cellOf(z)];
  }

  /** The middle of a cell. */
  placeOf([column, row]: readonly [number, number]): Flat {
    return { x: middleOf(column), z: middleOf(row) };
  }

  isWall({ x, z }: Flat): boolean {
    const [column, row] = this.cellAt({ x, z });
    return this.cost[row * SIDE + column] === COST.wall;
  }

  /** Fills every cell that a rectangle touches. */
  #fill({ x, z }: Flat, halfWidthM: number, halfDepthM: number, cost: number): void {
    for (let row = cellOf(z - halfDepthM); row <= cellOf(z + halfDepthM); row++) {
      this.cost.fill(cost, row * SIDE + cellOf(x - halfWidthM), row * SIDE + cellOf(x + halfWidthM) + 1);
    }
  }
}

const cellOf = (metres: number): number => clamp(Math.floor(metres / CELL_M) + SIDE / 2, 0, SIDE - 1);

const middleOf = (cell: number): number => (cell - SIDE / 2 + 0.5) * CELL_M;

import { Group, LineBasicMaterial, LineSegments, Mesh, MeshBasicMaterial } from 'three';
import type { Building } from '../simulation/city.ts';
import type { Random } from '../simulation/numbers.ts';
import { GROUND_Y } from '../simulation/track.ts';
import { boxFaces, LineBuilder, MeshBuilder, NO_PATCH, type Patch } from './mesh-builder.ts';
import { PALETTE, tint } from './paint.ts';
import { groundTexture, WINDOW_CELLS, windowsTexture } from './surfaces.ts';

const STOREY_M = 2.6;
const GROUND_M = 1_500;
const GROUND_TILE_M = 24;
/** Roofs and ledges have coloured edges on this share of the buildings. */
const EDGED_SHARE = 0.6;

/** Towers with lit windows and neon edges on a plain with a grid. */
export function cityMesh(buildings: readonly Building[], random: Random): Group {
  const walls = new MeshBuilder();
  const edges = new LineBuilder();
  for (const building of buildings) {
    addWalls(walls, building, random);
    addEdges(edges, building, random);
  }
  const group = new Group();
  group.add(
    new Mesh(walls.build(), new MeshBasicMaterial({ map: windowsTexture(random), vertexColors: true })),
    new LineSegments(edges.build(), new LineBasicMaterial({ vertexColors: true })),
    new Mesh(ground(), new MeshBasicMaterial({ map: groundTexture(random), vertexColors: true })),
  );
  return group;
}

function addWalls(walls: MeshBuilder, { x, z, widthM, depthM, heightM }: Building, random: Random): void {
  const low = { x: x - widthM / 2, y: GROUND_Y, z: z - depthM / 2 };
  const high = { x: x + widthM / 2, y: GROUND_Y + heightM, z: z + depthM / 2 };
  const warmth = 0.85 + random() * 0.3;
  for (const { corners, light, width, height, isTop } of boxFaces(low, high)) {
    const left = Math.floor(random() * WINDOW_CELLS) / WINDOW_CELLS;
    const bottom = Math.floor(random() * WINDOW_CELLS) / WINDOW_CELLS;
    const columns = Math.max(1, Math.round(width / STOREY_M));
    const rows = Math.max(1, Math.round(height / STOREY_M));
    const patch: Patch = {
      left,
      bottom,
      right: left + columns / WINDOW_CELLS,
      top: bottom + rows / WINDOW_CELLS,
    };
    const bright = 0.5 + light;
    walls.quad(corners, isTop ? NO_PATCH : patch, [bright * warmth, bright, bright / warmth]);
  }
}

function addEdges(edges: LineBuilder, { x, z, widthM, depthM, heightM }: Building, random: Random): void {
  const hues = [PALETTE.cyan, PALETTE.magenta, PALETTE.amber, PALETTE.lime];
  const colour = tint(hues[Math.floor(random() * hues.length)] ?? PALETTE.cyan, 0.85);
  const corner = (index: number, heightAboveM: number) => ({
    x: x + (index === 0 || index === 3 ? -widthM : widthM) * 0.501,
    y: GROUND_Y + heightAboveM,
    z: z + (index < 2 ? -depthM : depthM) * 0.501,
  });
  if (random() < EDGED_SHARE) {
    for (let index = 0; index < 4; index++) {
      edges.line(corner(index, heightM), corner((index + 1) % 4, heightM), colour);
      edges.line(corner(index, heightM - 1.2), corner((index + 1) % 4, heightM - 1.2), colour);
      if (index % 2 === 0) edges.line(corner(index, 0), corner(index, heightM), colour);
    }
  }
  if (random() < 0.4) mast(edges, { x, y: GROUND_Y + heightM, z }, 6 + random() * 12);
}

/** A lattice mast on a roof, with stays. */
function mast(edges: LineBuilder, foot: { x: number; y: number; z: number }, heightM: number): void {
  const colour = tint(PALETTE.steel, 0.9);
  const top = { ...foot, y: foot.y + heightM };
  edges.line({ ...foot, x: foot.x - 0.4 }, top, colour);
  edges.line({ ...foot, x: foot.x + 0.4 }, top, colour);
  for (const [dx, dz] of [
    [-4, -4],
    [4, 4],
    [4, -4],
  ] as const) {
    edges.line({ x: foot.x + dx, y: foot.y, z: foot.z + dz }, { ...top, y: foot.y + heightM * 0.8 }, colour);
  }
  for (let rung = 1; rung < 6; rung++) {
    const y = foot.y + (heightM * rung) / 6;
    const half = 0.4 * (1 - rung / 6) + 0.3;
    edges.line({ x: foot.x - half, y, z: foot.z }, { x: foot.x + half, y, z: foot.z }, tint('#ff5050'));
  }
}

function ground() {
  const builder = new MeshBuilder();
  const tiles = GROUND_M / GROUND_TILE_M;
  builder.quad(
    [
      { x: -GROUND_M, y: GROUND_Y, z: GROUND_M },
      { x: GROUND_M, y: GROUND_Y, z: GROUND_M },
      { x: GROUND_M, y: GROUND_Y, z: -GROUND_M },
      { x: -GROUND_M, y: GROUND_Y, z: -GROUND_M },
    ],
    { left: 0, bottom: 0, right: 2 * tiles, top: 2 * tiles },
    [1.2, 1.2, 1.2],
  );
  return builder.build();
}

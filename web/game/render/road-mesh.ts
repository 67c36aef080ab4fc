import { DoubleSide, Group, LineBasicMaterial, LineSegments, Mesh, MeshBasicMaterial } from 'three';
import type { Random } from '../simulation/numbers.ts';
import { GROUND_Y, type Track } from '../simulation/track.ts';
import { LineBuilder, MeshBuilder, NO_PATCH, type Patch, type Point } from './mesh-builder.ts';
import { PALETTE, tint } from './paint.ts';
import { BARRIER_TILE_M, barrierTexture, fenceTexture, ROAD_TILE_M, roadTexture } from './surfaces.ts';

const SEGMENT_M = 3;
const BARRIER_M = { height: 1, light: 0.16 } as const;
const FENCE_M = { height: 3.2, tile: 1.1 } as const;
/** Bends tighter than this have a fence on the outside, 1/m. */
const FENCED_CURVATURE = 1 / 190;
const PILLAR_EVERY_M = 42;
const LAMP_EVERY_M = 36;
/** The part of the barrier's texture below its plain top eighth, and a line within the top. */
const PANEL_TOP = 0.86;
const PLAIN = 0.95;

/** The road with its barriers, light strips, fences, pillars, lamps and cables. */
export function roadMesh(track: Track, random: Random): Group {
  const group = new Group();
  group.add(
    new Mesh(surface(track), new MeshBasicMaterial({ map: roadTexture(random), vertexColors: true })),
    new Mesh(barriers(track), new MeshBasicMaterial({ map: barrierTexture(), vertexColors: true, side: DoubleSide })),
    new Mesh(
      fences(track),
      new MeshBasicMaterial({
        map: fenceTexture(),
        vertexColors: true,
        side: DoubleSide,
        transparent: true,
        opacity: 0.75,
        depthWrite: false,
      }),
    ),
    new Mesh(pillars(track), new MeshBasicMaterial({ vertexColors: true })),
    new LineSegments(lamps(track), new LineBasicMaterial({ vertexColors: true })),
  );
  return group;
}

/** Calls back for each short stretch of road. The last one ends exactly where the first begins. */
function alongTrack(track: Track, stepM: number, visit: (fromM: number, toM: number) => void): void {
  const steps = Math.round(track.lengthM / stepM);
  for (let step = 0; step < steps; step++) {
    visit((step / steps) * track.lengthM, ((step + 1) / steps) * track.lengthM);
  }
}

/** Repeats a texture a whole number of times round the track, so that it has no seam. */
const tilesAlong = (track: Track, tileM: number) => Math.round(track.lengthM / tileM) / track.lengthM;

function surface(track: Track) {
  const builder = new MeshBuilder();
  const { halfWidthM } = track;
  const perM = tilesAlong(track, ROAD_TILE_M);
  alongTrack(track, SEGMENT_M, (fromM, toM) => {
    const patch: Patch = { left: 0, right: 1, bottom: fromM * perM, top: toM * perM };
    const corners: [Point, Point, Point, Point] = [
      track.place(fromM, -halfWidthM),
      track.place(fromM, halfWidthM),
      track.place(toM, halfWidthM),
      track.place(toM, -halfWidthM),
    ];
    builder.quad(corners, patch, [1.5, 1.5, 1.6]);
  });
  return builder.build();
}

function barriers(track: Track) {
  const builder = new MeshBuilder();
  const perM = tilesAlong(track, BARRIER_TILE_M);
  const sides = [
    { side: -1, light: tint(PALETTE.cyan) },
    { side: 1, light: tint(PALETTE.magenta) },
  ];
  const panel = tint(PALETTE.white, 0.9);
  const skirt = tint(PALETTE.steel, 0.12);
  alongTrack(track, SEGMENT_M, (fromM, toM) => {
    for (const { side, light } of sides) {
      const strip = (lowM: number, highM: number, patch: Patch, lower: typeof light, upper = lower) => {
        const lateralM = side * track.halfWidthM;
        const [near, far] = side < 0 ? [fromM, toM] : [toM, fromM];
        builder.quad(
          [
            track.place(near, lateralM, lowM),
            track.place(far, lateralM, lowM),
            track.place(far, lateralM, highM),
            track.place(near, lateralM, highM),
          ],
          patch,
          lower,
          upper,
        );
      };
      const [left, right] = side < 0 ? [fromM * perM, toM * perM] : [-toM * perM, -fromM * perM];
      strip(0, BARRIER_M.height, { left, right, bottom: 0, top: PANEL_TOP }, [0.45, 0.45, 0.5], panel);
      const plain: Patch = { left: 0, right: 0, bottom: PLAIN, top: PLAIN };
      strip(BARRIER_M.height, BARRIER_M.height + BARRIER_M.light, plain, light);
      strip(-1.4, 0, plain, skirt);
    }
  });
  return builder.build();
}

function fences(track: Track) {
  const builder = new MeshBuilder();
  const low = BARRIER_M.height + BARRIER_M.light;
  const rows = FENCE_M.height / FENCE_M.tile;
  const colour = tint(PALETTE.steel);
  alongTrack(track, SEGMENT_M, (fromM, toM) => {
    const { curvature } = track.at((fromM + toM) / 2);
    if (Math.abs(curvature) < FENCED_CURVATURE) return;
    const lateralM = -Math.sign(curvature) * track.halfWidthM;
    const patch: Patch = { left: fromM / FENCE_M.tile, right: toM / FENCE_M.tile, bottom: 0, top: rows };
    const corners: [Point, Point, Point, Point] = [
      track.place(fromM, lateralM, low),
      track.place(toM, lateralM, low),
      track.place(toM, lateralM, low + FENCE_M.height),
      track.place(fromM, lateralM, low + FENCE_M.height),
    ];
    builder.quad(corners, patch, colour);
  });
  return builder.build();
}

function pillars(track: Track) {
  const builder = new MeshBuilder();
  const colour = tint(PALETTE.steel, 0.16);
  alongTrack(track, PILLAR_EVERY_M, (atM) => {
    const { x, y, z } = track.at(atM);
    builder.box({ x: x - 1.6, y: GROUND_Y, z: z - 1.6 }, { x: x + 1.6, y: y - 1, z: z + 1.6 }, colour);
  });
  const lamp = tint('#ffe8c2', 1.2);
  alongTrack(track, LAMP_EVERY_M, (atM) => {
    for (const side of [-1, 1]) {
      const head = track.place(atM, side * (track.halfWidthM - 1), LAMP_M.height);
      builder.box(
        { x: head.x - 0.5, y: head.y - 0.12, z: head.z - 0.5 },
        { ...head, x: head.x + 0.5, z: head.z + 0.5 },
        [lamp[0] * 1.6, lamp[1] * 1.6, lamp[2] * 1.6],
      );
      const from = track.place(atM, side * (track.halfWidthM - 1.4), LAMP_M.height - 0.13);
      const corners: [Point, Point, Point, Point] = [
        { x: from.x - 0.7, y: from.y, z: from.z - 0.7 },
        { x: from.x + 0.7, y: from.y, z: from.z - 0.7 },
        { x: from.x + 0.7, y: from.y, z: from.z + 0.7 },
        { x: from.x - 0.7, y: from.y, z: from.z + 0.7 },
      ];
      builder.quad(corners, NO_PATCH, lamp);
    }
  });
  return builder.build();
}

const LAMP_M = { height: 7.4, rungs: 7, cableSag: 1.2, cableParts: 5 } as const;

function lamps(track: Track) {
  const lines = new LineBuilder();
  const post = tint(PALETTE.steel, 0.8);
  const cable = tint('#8f86d8', 0.7);
  alongTrack(track, LAMP_EVERY_M, (fromM, toM) => {
    for (const side of [-1, 1]) {
      const lateralM = side * (track.halfWidthM + 0.4);
      for (const offsetM of [-0.15, 0.15]) {
        const foot = track.place(fromM + offsetM, lateralM, 0);
        const top = track.place(fromM + offsetM, lateralM, LAMP_M.height);
        lines.line(foot, top, post);
        lines.line(top, track.place(fromM + offsetM, side * (track.halfWidthM - 1), LAMP_M.height), post);
      }
      for (let rung = 0; rung < LAMP_M.rungs; rung++) {
        const lowM = (rung / LAMP_M.rungs) * LAMP_M.height;
        const highM = ((rung + 1) / LAMP_M.rungs) * LAMP_M.height;
        lines.line(track.place(fromM - 0.15, lateralM, lowM), track.place(fromM + 0.15, lateralM, highM), post);
      }
      const hang = (share: number) => {
        const sagM = 4 * LAMP_M.cableSag * share * (1 - share);
        return track.place(fromM + (toM - fromM) * share, lateralM, LAMP_M.height - sagM);
      };
      for (let part = 0; part < LAMP_M.cableParts; part++) {
        lines.line(hang(part / LAMP_M.cableParts), hang((part + 1) / LAMP_M.cableParts), cable);
      }
    }
  });
  return lines.build();
}

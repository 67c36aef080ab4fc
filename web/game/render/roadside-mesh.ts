import { DoubleSide, Group, LineBasicMaterial, LineSegments, Mesh, MeshBasicMaterial } from 'three';
import { wrap } from '../simulation/numbers.ts';
import type { Track } from '../simulation/track.ts';
import { LineBuilder, MeshBuilder, type Point } from './mesh-builder.ts';
import { PALETTE, type Tint, tint } from './paint.ts';
import { BANNER_PATCHES, SIGN_PATCHES, signAtlas } from './sign-atlas.ts';

const SIGN_EVERY_M = 62;
const SIGN_M = { width: 11, height: 5.5, foot: 3.2, beside: 7 } as const;
/** Signs are turned a little towards the road. */
const SIGN_TURN_M = 2.5;
const GANTRIES = 5;
const GANTRY_M = { height: 9, banner: 2.3, truss: 1.1, bay: 1.15 } as const;

/** Signs beside the road and gantries across it, on trusses of thin lines. */
export function roadsideMesh(track: Track): Group {
  const boards = new MeshBuilder();
  const lines = new LineBuilder();
  const signs = Math.floor(track.lengthM / SIGN_EVERY_M);
  for (let index = 0; index < signs; index++) addSign(track, boards, lines, index, (index + 0.5) * SIGN_EVERY_M);
  for (let index = 0; index < GANTRIES; index++) addGantry(track, boards, lines, index);
  const group = new Group();
  group.add(
    new Mesh(boards.build(), new MeshBasicMaterial({ map: signAtlas(), vertexColors: true, side: DoubleSide })),
    new LineSegments(lines.build(), new LineBasicMaterial({ vertexColors: true })),
  );
  return group;
}

function addSign(track: Track, boards: MeshBuilder, lines: LineBuilder, index: number, atM: number): void {
  const patch = SIGN_PATCHES[index % SIGN_PATCHES.length];
  if (!patch) return;
  const { curvature } = track.at(atM);
  // On the outside of a bend, a sign is in the middle of the view.
  const isBend = Math.abs(curvature) > 1 / 400;
  const side = isBend ? -Math.sign(curvature) : index % 2 === 0 ? 1 : -1;
  const nearM = side * (track.halfWidthM + SIGN_M.beside - SIGN_M.width / 2);
  const farM = side * (track.halfWidthM + SIGN_M.beside + SIGN_M.width / 2);
  const [leftM, rightM] = side > 0 ? [nearM, farM] : [farM, nearM];
  const alongM = (lateralM: number) => atM + (lateralM === nearM ? SIGN_TURN_M : -SIGN_TURN_M);
  const corner = (lateralM: number, heightM: number) => track.place(alongM(lateralM), lateralM, heightM);
  const topM = SIGN_M.foot + SIGN_M.height;
  boards.quad(
    [corner(leftM, SIGN_M.foot), corner(rightM, SIGN_M.foot), corner(rightM, topM), corner(leftM, topM)],
    patch,
    [1, 1, 1],
  );
  const steel = tint(PALETTE.steel, 0.7);
  for (const lateralM of [leftM * 0.85 + rightM * 0.15, leftM * 0.15 + rightM * 0.85]) {
    truss(
      lines,
      (share, sideways) => track.place(atM + sideways * 0.4, lateralM, -9 + share * (9 + SIGN_M.foot + 1)),
      10,
      steel,
    );
  }
}

function addGantry(track: Track, boards: MeshBuilder, lines: LineBuilder, index: number): void {
  const atM = wrap((index / GANTRIES) * track.lengthM, track.lengthM);
  const reachM = track.halfWidthM + 1;
  const lowM = GANTRY_M.height - GANTRY_M.banner;
  const corners: [Point, Point, Point, Point] = [
    track.place(atM, -reachM, lowM),
    track.place(atM, reachM, lowM),
    track.place(atM, reachM, GANTRY_M.height),
    track.place(atM, -reachM, GANTRY_M.height),
  ];
  boards.quad(corners, BANNER_PATCHES[index === 0 ? 0 : 1], [1, 1, 1]);
  const steel = tint(index === 0 ? PALETTE.amber : PALETTE.cyan, 0.8);
  const bays = Math.round((2 * reachM) / GANTRY_M.bay);
  for (const alongM of [0, 1.2]) {
    truss(
      lines,
      (share, sideways) =>
        track.place(
          atM + alongM,
          -reachM + 2 * reachM * share,
          GANTRY_M.height + (sideways + 1) * (GANTRY_M.truss / 2),
        ),
      bays,
      steel,
    );
    for (const side of [-1, 1]) {
      truss(
        lines,
        (share, sideways) =>
          track.place(atM + alongM, side * (reachM + 0.4 * (sideways + 1)), -6 + (GANTRY_M.height + 6) * share),
        14,
        steel,
      );
    }
  }
}

/** Two parallel beams with rungs and diagonals between. `at` gives the point at a share of the length on a side, -1 or 1. */
function truss(lines: LineBuilder, at: (share: number, sideways: number) => Point, bays: number, colour: Tint): void {
  for (let bay = 0; bay < bays; bay++) {
    const from = bay / bays;
    const to = (bay + 1) / bays;
    lines.line(at(from, -1), at(to, -1), colour);
    lines.line(at(from, 1), at(to, 1), colour);
    lines.line(at(from, -1), at(from, 1), colour);
    lines.line(at(from, bay % 2 === 0 ? -1 : 1), at(to, bay % 2 === 0 ? 1 : -1), colour);
  }
}

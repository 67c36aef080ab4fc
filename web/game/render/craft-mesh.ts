import { Color, DynamicDrawUsage, InstancedMesh, MeshBasicMaterial, Object3D } from 'three';
import type { Craft } from '../simulation/craft.ts';
import type { Track } from '../simulation/track.ts';
import { MeshBuilder, NO_PATCH, type Patch, type Point } from './mesh-builder.ts';
import { MONO, PALETTE, paintedTexture, SANS, type Tint, tint } from './paint.ts';

const HOVER_M = 0.55;
/** The player's first, then the rivals'. */
export const CRAFT_COLOURS = ['#ff4f6d', '#37e6ff', '#ffb43a', '#b6ff4d', '#b58cff'] as const;

/** All hovercraft in one draw call. */
export class CraftMesh {
  readonly object: InstancedMesh;
  readonly #placer = new Object3D();

  constructor(count: number) {
    this.object = new InstancedMesh(hull(), new MeshBasicMaterial({ map: hullTexture(), vertexColors: true }), count);
    this.object.instanceMatrix.setUsage(DynamicDrawUsage);
    this.object.frustumCulled = false;
    for (let index = 0; index < count; index++) {
      this.object.setColorAt(index, new Color(CRAFT_COLOURS[index % CRAFT_COLOURS.length]));
    }
  }

  /** @param aheadS - time since the last simulated step. */
  update(crafts: readonly Craft[], track: Track, timeS: number, aheadS: number): void {
    crafts.forEach((craft, index) => {
      placeCraft(this.#placer, craft, track, timeS + index, aheadS);
      this.#placer.updateMatrix();
      this.object.setMatrixAt(index, this.#placer.matrix);
    });
    this.object.instanceMatrix.needsUpdate = true;
  }
}

/** Places an object where the craft hovers, nose along -z, leaning into the bend. */
export function placeCraft(object: Object3D, craft: Craft, track: Track, timeS: number, aheadS: number): void {
  const { distanceM, lateralM } = craft.poseAt(aheadS);
  const { headingRad, bankRad } = track.at(distanceM);
  const slope = track.at(distanceM + 2).y - track.at(distanceM - 2).y;
  const { x, y, z } = track.place(distanceM, lateralM, HOVER_M + 0.06 * Math.sin(timeS * 5));
  object.position.set(x, y, z);
  object.rotation.order = 'YXZ';
  object.rotation.set(Math.atan2(slope, 4), -(headingRad + craft.noseRad), -(bankRad + craft.steer * 0.38));
}

const WHITE_TEXEL: Patch = { left: 0.02, bottom: 0.02, right: 0.02, top: 0.02 };
const DECK: Patch = { left: 0.04, bottom: 0.04, right: 0.96, top: 0.7 };
/** Name plates: on the wing and the tail. */
const WING: Patch = { left: 0, bottom: 0.875, right: 1, top: 1 };
const TAIL: Patch = { left: 0, bottom: 0.75, right: 1, top: 0.875 };

const p = (x: number, y: number, z: number): Point => ({ x, y, z });

/** A wedge with two pods, a wing and a canopy. Its colours are multiplied by each craft's own. */
function hull() {
  const builder = new MeshBuilder();
  const light: Tint = [1, 1, 1];
  const grey: Tint = [0.45, 0.45, 0.5];
  const dark: Tint = [0.12, 0.12, 0.16];
  const both = (add: (side: number) => void) => [-1, 1].forEach(add);
  // The deck, from tail to nose.
  builder.quad([p(-0.75, 0.55, 2), p(0.75, 0.55, 2), p(0.34, 0.22, -2.7), p(-0.34, 0.22, -2.7)], DECK, light);
  builder.quad([p(-0.75, 0, 2), p(0.75, 0, 2), p(0.75, 0.55, 2), p(-0.75, 0.55, 2)], TAIL, light);
  builder.quad([p(-0.34, 0, -2.7), p(-0.34, 0.22, -2.7), p(0.34, 0.22, -2.7), p(0.34, 0, -2.7)], WHITE_TEXEL, grey);
  both((side) => {
    const flip = (points: [Point, Point, Point, Point]): [Point, Point, Point, Point] =>
      side > 0 ? points : [points[1], points[0], points[3], points[2]];
    const quad = (points: [Point, Point, Point, Point], colour: Tint, upper = colour) =>
      builder.quad(flip(points), WHITE_TEXEL, colour, upper);
    // Flank, pod beside it (outer wall, roof, tail) and the strut between.
    quad(
      [p(0.75 * side, 0, 2), p(0.34 * side, 0, -2.7), p(0.34 * side, 0.22, -2.7), p(0.75 * side, 0.55, 2)],
      grey,
      [0.7, 0.7, 0.75],
    );
    quad(
      [p(1.35 * side, -0.1, 2.3), p(1.2 * side, -0.1, -1.5), p(1.15 * side, 0.16, -1.5), p(1.3 * side, 0.5, 2.1)],
      grey,
      light,
    );
    quad(
      [p(1.3 * side, 0.5, 2.1), p(1.15 * side, 0.16, -1.5), p(0.95 * side, 0.16, -1.5), p(0.9 * side, 0.5, 2.1)],
      [0.85, 0.85, 0.9],
    );
    quad(
      [p(0.9 * side, 0.5, 2.1), p(0.95 * side, 0.16, -1.5), p(1 * side, -0.1, -1.5), p(0.9 * side, -0.1, 2.3)],
      dark,
      grey,
    );
    quad([p(0.9 * side, -0.1, 2.3), p(1.35 * side, -0.1, 2.3), p(1.3 * side, 0.5, 2.1), p(0.9 * side, 0.5, 2.1)], dark);
    quad(
      [p(0.95 * side, 0.3, 0.6), p(0.6 * side, 0.36, 0.6), p(0.6 * side, 0.34, -0.3), p(0.95 * side, 0.22, -0.3)],
      dark,
    );
    // Fin and half the wing.
    quad(
      [p(0.82 * side, 0.5, 2.2), p(0.82 * side, 0.5, 1.1), p(0.9 * side, 1.15, 1.9), p(0.9 * side, 1.15, 2.4)],
      [0.75, 0.75, 0.8],
    );
    quad(
      [p(0.82 * side, 0.5, 1.1), p(0.82 * side, 0.5, 2.2), p(0.9 * side, 1.15, 2.4), p(0.9 * side, 1.15, 1.9)],
      grey,
    );
  });
  builder.quad([p(-1.25, 1.15, 2.45), p(1.25, 1.15, 2.45), p(1.25, 1.27, 1.75), p(-1.25, 1.27, 1.75)], WING, light);
  builder.quad(
    [p(-1.25, 1.08, 2.45), p(1.25, 1.08, 2.45), p(1.25, 1.15, 2.45), p(-1.25, 1.15, 2.45)],
    WHITE_TEXEL,
    grey,
  );
  // The canopy, a dark glass with a bright edge.
  const glass = tint('#3a6bff', 0.35);
  const gleam = tint(PALETTE.white, 0.9);
  builder.quad([p(-0.42, 0.5, 1), p(0.42, 0.5, 1), p(0.24, 0.86, 0.5), p(-0.24, 0.86, 0.5)], WHITE_TEXEL, dark, glass);
  builder.quad(
    [p(-0.24, 0.86, 0.5), p(0.24, 0.86, 0.5), p(0.16, 0.32, -1.1), p(-0.16, 0.32, -1.1)],
    NO_PATCH,
    gleam,
    glass,
  );
  builder.quad([p(0.42, 0.5, 1), p(0.3, 0.3, -1.1), p(0.16, 0.34, -1.1), p(0.24, 0.86, 0.5)], NO_PATCH, glass);
  builder.quad([p(-0.3, 0.3, -1.1), p(-0.42, 0.5, 1), p(-0.24, 0.86, 0.5), p(-0.16, 0.34, -1.1)], NO_PATCH, glass);
  return builder.build();
}

/** Deck with panel lines, a number and stripes, below plates for wing and tail. */
function hullTexture() {
  const size = 256;
  const plate = size / 8;
  const dark = '#20243c';
  return paintedTexture(size, size, (context) => {
    context.fillStyle = PALETTE.white;
    context.fillRect(0, 0, size, size);
    context.textAlign = 'center';
    context.fillStyle = dark;
    context.fillRect(0, 2, size, 4);
    context.fillRect(0, plate - 6, size, 4);
    context.font = `900 22px ${SANS}`;
    context.fillText('P2C2R  ▸▸▸  07', size / 2, plate - 9);
    context.fillRect(0, plate, size, plate);
    context.fillStyle = PALETTE.white;
    for (let slat = 0; slat < 16; slat++) context.fillRect(slat * 16 + 2, plate + 6, 5, plate - 12);
    context.fillStyle = dark;
    context.fillRect(60, 2.5 * plate, 22, size);
    context.fillRect(size - 82, 2.5 * plate, 22, size);
    context.strokeStyle = 'rgb(20 24 50 / 0.6)';
    context.lineWidth = 2;
    for (let line = 0; line < 6; line++) context.strokeRect(12, 2.5 * plate, size - 24, 12 + line * 28);
    context.font = `900 70px ${SANS}`;
    context.fillText('07', size / 2, size - 14);
    context.font = `700 15px ${MONO}`;
    context.fillText('P2C2R', size / 2, 3.4 * plate);
  });
}

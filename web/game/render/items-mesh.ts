import { DoubleSide, DynamicDrawUsage, InstancedMesh, Mesh, MeshBasicMaterial, Object3D } from 'three';
import type { CourseItems } from '../simulation/course-items.ts';
import { type DebrisField, PIECE } from '../simulation/debris-field.ts';
import type { Track } from '../simulation/track.ts';
import { MeshBuilder, NO_PATCH, type Point } from './mesh-builder.ts';
import { PALETTE, type Tint, tint } from './paint.ts';

const ORB_M = 0.62;
const ORB_HEIGHT_M = 1.1;
const HIDDEN_SCALE = 1e-4;

/** Orbs to collect, each a spinning crystal, in one draw call. */
export class OrbMesh {
  readonly object: InstancedMesh;
  readonly #placer = new Object3D();

  constructor(items: CourseItems) {
    this.object = new InstancedMesh(crystal(), new MeshBasicMaterial({ vertexColors: true }), items.orbs.length);
    this.object.instanceMatrix.setUsage(DynamicDrawUsage);
    this.object.frustumCulled = false;
  }

  update(items: CourseItems, track: Track, timeS: number): void {
    items.orbs.forEach((orb, index) => {
      const { x, y, z } = track.place(orb.distanceM, orb.lateralM, ORB_HEIGHT_M + 0.18 * Math.sin(timeS * 3 + index));
      this.#placer.position.set(x, y, z);
      this.#placer.rotation.set(0, timeS * 2.2 + index * 0.5, 0);
      this.#placer.scale.setScalar(orb.awayS > 0 ? HIDDEN_SCALE : 1);
      this.#placer.updateMatrix();
      this.object.setMatrixAt(index, this.#placer.matrix);
    });
    this.object.instanceMatrix.needsUpdate = true;
  }
}

function crystal() {
  const builder = new MeshBuilder();
  const ring = (index: number): Point => ({
    x: Math.cos((index * Math.PI) / 2) * ORB_M,
    y: 0,
    z: Math.sin((index * Math.PI) / 2) * ORB_M,
  });
  const top = { x: 0, y: ORB_M * 1.35, z: 0 };
  const bottom = { x: 0, y: -ORB_M * 1.35, z: 0 };
  const shades: readonly Tint[] = [tint('#fff6c8'), tint(PALETTE.amber), tint('#ff8a2a'), tint('#ffd36a')];
  shades.forEach((shade, index) => {
    builder.triangle([ring(index + 1), ring(index), top], shade);
    builder.triangle([ring(index), ring(index + 1), bottom], [shade[0] * 0.6, shade[1] * 0.5, shade[2] * 0.5]);
  });
  return builder.build();
}

const PAD_ARROWS = 4;

/** Boost pads: rows of arrows on the road. */
export function padMesh(items: CourseItems, track: Track): Mesh {
  const builder = new MeshBuilder();
  for (const pad of items.pads) {
    for (let arrow = 0; arrow < PAD_ARROWS; arrow++) {
      const alongM = pad.distanceM + (arrow - PAD_ARROWS / 2) * 2;
      const colour = tint(PALETTE.lime, 0.35 + 0.25 * arrow);
      for (const side of [-1, 1]) {
        const at = (along: number, across: number) => track.place(alongM + along, pad.lateralM + side * across, 0.05);
        builder.quad([at(0, 1.7), at(0.9, 1.7), at(2.1, 0), at(1.2, 0)], NO_PATCH, colour);
      }
    }
  }
  return new Mesh(builder.build(), new MeshBasicMaterial({ vertexColors: true, side: DoubleSide }));
}

/** Rotation of a flying piece, radians per metre. */
const TURN_PER_M = 0.9;

/** All rubble in one draw call. */
export class DebrisMesh {
  readonly object: InstancedMesh;
  readonly #placer = new Object3D();

  constructor(count: number) {
    this.object = new InstancedMesh(rock(), new MeshBasicMaterial({ vertexColors: true }), count);
    this.object.instanceMatrix.setUsage(DynamicDrawUsage);
    this.object.frustumCulled = false;
  }

  update(field: DebrisField, timeS: number): void {
    for (const [index, { place, size }] of field.view(timeS).entries()) {
      const [x, y, z] = place;
      this.#placer.position.set(x, y, z);
      // Rotates by position and not by time, so that a piece at rest does not turn.
      this.#placer.rotation.set((x + index) * TURN_PER_M, index, (z - index) * TURN_PER_M);
      this.#placer.scale.setScalar(Math.max(size, HIDDEN_SCALE));
      this.#placer.updateMatrix();
      this.object.setMatrixAt(index, this.#placer.matrix);
    }
    this.object.instanceMatrix.needsUpdate = true;
  }
}

/** An octahedron with one corner pulled out and a shade on each face. */
function rock() {
  const builder = new MeshBuilder();
  const radius = PIECE.radiusM * 1.15;
  const p = (x: number, y: number, z: number): Point => ({ x: x * radius, y: y * radius, z: z * radius });
  const ring = [p(1.2, 0.1, 0), p(0, -0.1, 1), p(-0.9, 0.15, 0), p(0, 0, -1)] as const;
  const [top, bottom] = [p(0.15, 1, 0.1), p(-0.1, -0.9, 0)];
  const shades: readonly Tint[] = [tint(PALETTE.amber, 0.9), tint('#8d7f9f'), tint('#5d5575'), tint('#b9aecb')];
  for (const [index, shade] of shades.entries()) {
    const from = ring[index] ?? top;
    const to = ring[(index + 1) % ring.length] ?? top;
    builder.triangle([to, from, top], shade);
    builder.triangle([from, to, bottom], [shade[0] * 0.5, shade[1] * 0.5, shade[2] * 0.5]);
  }
  return builder.build();
}

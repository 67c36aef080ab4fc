import { DynamicDrawUsage, InstancedMesh, MeshBasicMaterial, Object3D } from 'three';
import type { DebrisField } from '../simulation/debris-field.ts';
import { PIECE } from '../simulation/debris-pile.ts';
import { MeshBuilder, type Point } from './mesh-builder.ts';
import { PALETTE, type Tint, tint } from './palette.ts';

const HIDDEN_SCALE = 1e-4;
/** A turn of a piece for so many metres that it went. */
const TURN_PER_M = 0.9;

/** Every piece of rubble in one draw call. */
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
      // By where it is rather than by the time: what lies still does not turn.
      this.#placer.rotation.set((x + index) * TURN_PER_M, index, (z - index) * TURN_PER_M);
      this.#placer.scale.setScalar(Math.max(size, HIDDEN_SCALE));
      this.#placer.updateMatrix();
      this.object.setMatrixAt(index, this.#placer.matrix);
    }
    this.object.instanceMatrix.needsUpdate = true;
  }
}

/** An octahedron with one corner pulled out, a shade on each face. */
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

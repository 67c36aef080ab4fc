import { DoubleSide, DynamicDrawUsage, InstancedMesh, MeshBasicMaterial, Object3D } from 'three';
import type { Drone } from '../simulation/drone.ts';
import { MeshBuilder, NO_PATCH, type Point } from './mesh-builder.ts';
import { PALETTE, tint } from './paint.ts';

const ARM_M = 1.15;
const ROTOR_M = 0.62;
const SWAY_M = 0.25;

/** All drones in one draw call. */
export class DroneMesh {
  readonly object: InstancedMesh;
  readonly #placer = new Object3D();

  constructor(count: number) {
    this.object = new InstancedMesh(body(), new MeshBasicMaterial({ vertexColors: true, side: DoubleSide }), count);
    this.object.instanceMatrix.setUsage(DynamicDrawUsage);
    this.object.frustumCulled = false;
  }

  /** @param aheadS - time since the last simulated step. */
  update(drones: readonly Drone[], timeS: number, aheadS: number): void {
    for (const [index, drone] of drones.entries()) {
      const { x, y, z } = drone.placeAt(aheadS);
      this.#placer.position.set(x, y + SWAY_M * Math.sin(timeS * 2.4 + index), z);
      this.#placer.rotation.order = 'YXZ';
      // Leans forward while it flies.
      this.#placer.rotation.set(
        drone.hasArrived ? 0 : -0.35,
        -drone.headingRad,
        0.06 * Math.sin(timeS * 3 + index * 2),
      );
      this.#placer.updateMatrix();
      this.object.setMatrixAt(index, this.#placer.matrix);
    }
    this.object.instanceMatrix.needsUpdate = true;
  }
}

/** A pod with a lens, four arms and a glowing rotor on each; nose along -z. */
function body() {
  const builder = new MeshBuilder();
  const steel = tint(PALETTE.steel);
  const p = (x: number, y: number, z: number): Point => ({ x, y, z });
  builder.box(p(-0.4, -0.16, -0.55), p(0.4, 0.2, 0.55), tint(PALETTE.white, 0.85));
  builder.box(p(-0.22, -0.42, -0.5), p(0.22, -0.16, -0.1), tint(PALETTE.ink));
  builder.box(p(-0.12, -0.36, -0.62), p(0.12, -0.2, -0.48), tint(PALETTE.amber));
  for (const [x, z] of [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ] as const) {
    const end = p(x * ARM_M, 0.16, z * ARM_M);
    builder.quad([p(0, 0.1, z * 0.18), p(0, 0.1, z * -0.04), end, p(end.x, 0.16, end.z + z * 0.14)], NO_PATCH, steel);
    const glow = tint(z < 0 ? PALETTE.lime : PALETTE.magenta);
    const corner = (dx: number, dz: number) => p(end.x + dx * ROTOR_M, 0.26, end.z + dz * ROTOR_M);
    builder.quad([corner(-1, 0), corner(0, 1), corner(1, 0), corner(0, -1)], NO_PATCH, glow);
  }
  return builder.build();
}

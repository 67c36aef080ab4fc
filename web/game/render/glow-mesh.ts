import {
  AdditiveBlending,
  Color,
  DoubleSide,
  DynamicDrawUsage,
  InstancedMesh,
  MeshBasicMaterial,
  Object3D,
} from 'three';
import { type Craft, HANDLING } from '../simulation/craft.ts';
import type { Track } from '../simulation/track.ts';
import { CRAFT_COLOURS, placeCraft } from './craft-mesh.ts';
import { MeshBuilder, type Patch, type Point } from './mesh-builder.ts';
import { PALETTE } from './paint.ts';
import { glowTexture } from './surfaces.ts';

const WHOLE: Patch = { left: 0, bottom: 0, right: 1, top: 1 };
/** A flame's hot end is the middle of the glow texture. */
const FLAME: Patch = { left: 0, bottom: 0, right: 1, top: 0.5 };

/** Additive light: engine flames and the glow under each craft. */
export class GlowMesh {
  readonly object: InstancedMesh;
  readonly #placer = new Object3D();
  readonly #colour = new Color();
  readonly #boostColour = new Color(PALETTE.cyan);

  constructor(count: number) {
    const material = new MeshBasicMaterial({
      map: glowTexture(),
      blending: AdditiveBlending,
      transparent: true,
      depthWrite: false,
      side: DoubleSide,
      fog: false,
    });
    this.object = new InstancedMesh(flames(), material, count);
    this.object.instanceMatrix.setUsage(DynamicDrawUsage);
    this.object.frustumCulled = false;
    for (let index = 0; index < count; index++) this.object.setColorAt(index, this.#colour);
  }

  update(crafts: readonly Craft[], track: Track, timeS: number, aheadS: number): void {
    crafts.forEach((craft, index) => {
      placeCraft(this.#placer, craft, track, timeS + index, aheadS);
      const effort = craft.speedMps / HANDLING.topSpeedMps;
      const flicker = 0.9 + 0.1 * Math.sin(timeS * 47 + index * 2);
      this.#placer.scale.set(1, 1, effort * flicker * (craft.boosting ? 1.7 : 1));
      this.#placer.updateMatrix();
      this.object.setMatrixAt(index, this.#placer.matrix);
      if (craft.boosting) this.#colour.copy(this.#boostColour);
      else this.#colour.set(CRAFT_COLOURS[index % CRAFT_COLOURS.length] ?? PALETTE.magenta).offsetHSL(0.04, 0, 0.05);
      this.object.setColorAt(index, this.#colour);
    });
    this.object.instanceMatrix.needsUpdate = true;
    if (this.object.instanceColor) this.object.instanceColor.needsUpdate = true;
  }
}

function flames() {
  const builder = new MeshBuilder();
  const p = (x: number, y: number, z: number): Point => ({ x, y, z });
  const colour = [1, 1, 1] as const;
  for (const x of [-1.1, 1.1]) {
    builder.quad(
      [p(x - 0.45, 0.2, 5.4), p(x + 0.45, 0.2, 5.4), p(x + 0.45, 0.2, 2.2), p(x - 0.45, 0.2, 2.2)],
      FLAME,
      colour,
    );
    builder.quad([p(x, -0.25, 5.4), p(x, 0.65, 5.4), p(x, 0.65, 2.2), p(x, -0.25, 2.2)], FLAME, colour);
    builder.quad(
      [p(x - 0.4, -0.2, 2.35), p(x + 0.4, -0.2, 2.35), p(x + 0.4, 0.6, 2.35), p(x - 0.4, 0.6, 2.35)],
      WHOLE,
      colour,
    );
  }
  builder.quad([p(-2.2, -0.45, 3), p(2.2, -0.45, 3), p(2.2, -0.45, -3), p(-2.2, -0.45, -3)], WHOLE, colour);
  return builder.build();
}

import type { Steps } from '../definition.ts';
import type { Vec3 } from '../packing.ts';
import { buildBvh } from './bvh.ts';
import { Intersector, NOTHING } from './intersector.ts';
import { boxesOf, type Geometry, geometryOf, LIGHT, MATERIAL, type Scene } from './scene.ts';

/** How light is computed. */
export const SHADING = {
  /** Reflections of one ray; the surface after the last one is shown as if it did not reflect. */
  maxBounces: 4,
  /** Weight below which a reflection is left out: half a step of 8 bits at white. */
  leastWeight: 1 / 512,
  /** Offset of a reflected ray from its surface, relative to 1 and the largest coordinate: single precision needs it. */
  surfaceOffset: 1e-4,
  /** White light from every direction, relative to full intensity. */
  ambient: 0.05,
} as const;

/** Computes the light along a ray: Lambert's law for each visible light, ambient light, and reflections. */
export class Tracer {
  readonly #geometry: Geometry;
  readonly #rays: Intersector;
  // Last hit point, and the surface normal on the side of the ray.
  #px = 0;
  #py = 0;
  #pz = 0;
  #nx = 0;
  #ny = 0;
  #nz = 0;

  private constructor(geometry: Geometry, rays: Intersector) {
    this.#geometry = geometry;
    this.#rays = rays;
  }

  /** @param maxTests - of one call of {@link trace}; without it, there is no bound. */
  static *make(scene: Scene, maxTests?: number): Steps<Tracer> {
    const geometry = geometryOf(scene);
    yield;
    const bvh = yield* buildBvh(boxesOf(geometry));
    return new Tracer(geometry, new Intersector(geometry, bvh, maxTests));
  }

  /** Tests of the last call of {@link trace}. */
  get tests(): number {
    return this.#rays.tests;
  }

  /** Adds linear red, green and blue to `out`. `direction` is a unit vector. Throws MeshError `too-large` after too many tests. */
  trace(origin: Vec3, direction: Float64Array, background: Vec3, out: Float64Array): void {
    const { materials } = this.#geometry;
    const rays = this.#rays;
    let [ox, oy, oz] = origin;
    let [dx = 0, dy = 0, dz = 0] = direction;
    let weight = 1;
    rays.tests = 0;
    for (let bounce = 0; ; bounce++) {
      rays.meet(ox, oy, oz, dx, dy, dz);
      if (rays.met === NOTHING) {
        add(out, weight, background[0], background[1], background[2]);
        return;
      }
      const met = rays.met;
      this.#arrive(met, rays.distance, ox, oy, oz, dx, dy, dz);
      const reflectivity = bounce < SHADING.maxBounces ? (materials[met * MATERIAL + 3] ?? 0) : 0;
      if (reflectivity < 1) this.#shade(met, weight * (1 - reflectivity), out);
      weight *= reflectivity;
      if (weight < SHADING.leastWeight) return;
      const along = 2 * (dx * this.#nx + dy * this.#ny + dz * this.#nz);
      dx -= along * this.#nx;
      dy -= along * this.#ny;
      dz -= along * this.#nz;
      ox = this.#px;
      oy = this.#py;
      oz = this.#pz;
    }
  }

  /** Sets the normal, and the hit point slightly above the surface. */
  #arrive(met: number, t: number, ox: number, oy: number, oz: number, dx: number, dy: number, dz: number): void {
    const px = ox + t * dx;
    const py = oy + t * dy;
    const pz = oz + t * dz;
    this.#setNormal(met, px, py, pz);
    // Surfaces are two-sided: the normal points to the viewer's side.
    if (this.#nx * dx + this.#ny * dy + this.#nz * dz > 0) {
      this.#nx = -this.#nx;
      this.#ny = -this.#ny;
      this.#nz = -this.#nz;
    }
    const offset = SHADING.surfaceOffset * (1 + Math.max(Math.abs(px), Math.abs(py), Math.abs(pz)));
    this.#px = px + offset * this.#nx;
    this.#py = py + offset * this.#ny;
    this.#pz = pz + offset * this.#nz;
  }

  #setNormal(met: number, px: number, py: number, pz: number): void {
    const { spheres, primitives, sphereCentres, planeNormals, corners } = this.#geometry;
    if (met >= primitives) {
      const at = (met - primitives) * 3;
      this.#nx = planeNormals[at] ?? 0;
      this.#ny = planeNormals[at + 1] ?? 0;
      this.#nz = planeNormals[at + 2] ?? 0;
      return;
    }
    let nx: number;
    let ny: number;
    let nz: number;
    if (met < spheres) {
      nx = px - (sphereCentres[met * 3] ?? 0);
      ny = py - (sphereCentres[met * 3 + 1] ?? 0);
      nz = pz - (sphereCentres[met * 3 + 2] ?? 0);
    } else {
      const at = (met - spheres) * 9;
      const e1x = corners[at + 3] ?? 0;
      const e1y = corners[at + 4] ?? 0;
      const e1z = corners[at + 5] ?? 0;
      const e2x = corners[at + 6] ?? 0;
      const e2y = corners[at + 7] ?? 0;
      const e2z = corners[at + 8] ?? 0;
      nx = e1y * e2z - e1z * e2y;
      ny = e1z * e2x - e1x * e2z;
      nz = e1x * e2y - e1y * e2x;
    }
    const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
    this.#nx = nx / length;
    this.#ny = ny / length;
    this.#nz = nz / length;
  }

  #shade(met: number, weight: number, out: Float64Array): void {
    const { lights, materials } = this.#geometry;
    let red: number = SHADING.ambient;
    let green = red;
    let blue = red;
    for (let at = 0; at < lights.length; at += LIGHT) {
      const lx = (lights[at] ?? 0) - this.#px;
      const ly = (lights[at + 1] ?? 0) - this.#py;
      const lz = (lights[at + 2] ?? 0) - this.#pz;
      const distance = Math.sqrt(lx * lx + ly * ly + lz * lz);
      const slope = (lx * this.#nx + ly * this.#ny + lz * this.#nz) / distance;
      // A light exactly at the hit point has no direction, which makes the slope NaN.
      if (!(slope > 0)) continue;
      const x = lx / distance;
      const y = ly / distance;
      const z = lz / distance;
      if (this.#rays.isBlocked(this.#px, this.#py, this.#pz, x, y, z, distance)) continue;
      red += slope * (lights[at + 3] ?? 0);
      green += slope * (lights[at + 4] ?? 0);
      blue += slope * (lights[at + 5] ?? 0);
    }
    const own = met * MATERIAL;
    add(out, weight, red * (materials[own] ?? 0), green * (materials[own + 1] ?? 0), blue * (materials[own + 2] ?? 0));
  }
}

function add(out: Float64Array, weight: number, red: number, green: number, blue: number): void {
  out[0] = (out[0] ?? 0) + weight * red;
  out[1] = (out[1] ?? 0) + weight * green;
  out[2] = (out[2] ?? 0) + weight * blue;
}

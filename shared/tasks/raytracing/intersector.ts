import { MeshError } from '../../errors.ts';
import { BOX, type Bvh, MAX_DEPTH } from './bvh.ts';
import type { Geometry } from './scene.ts';

/** Bounds of the work of tracing. It is counted in tests: of a ray against a node of the tree, a sphere, a triangle, or four planes. */
export const TRACING = {
  /**
   * Tests of one sample, with its shadows and reflections, which nothing can interrupt: some 10 ms on a processor, 50 on a GPU. A sample of an honest
   * scene takes some hundreds, and among mirrors under many lights some ten thousands.
   */
  maxTestsPerSample: 512 * 1024,
} as const;

/** The error of a picture of which a sample takes more. */
export function tooManyTests(): MeshError {
  return new MeshError(
    'too-large',
    `A sample of this picture takes more than ${TRACING.maxTestsPerSample} tests of rays against its surfaces. Move surfaces apart that fill the same space, or use fewer lights, mirrors and planes.`,
  );
}

/** Value of `met` if a ray hits nothing. */
export const NOTHING = -1;

/** Finds what a ray hits. Directions are unit vectors. The result is left in members, so that a ray allocates no memory. */
export class Intersector {
  readonly #geometry: Geometry;
  readonly #bvh: Bvh;
  readonly #stack = new Uint32Array(MAX_DEPTH);
  readonly #maxTests: number;
  /** What the planes count for with each ray. */
  readonly #planeTests: number;
  /** Distance to the hit; before a hit, the largest distance of interest. */
  distance = 0;
  /** Number of the primitive or plane that was hit. */
  met = NOTHING;
  /** Tests so far. The caller sets it to 0 before each sample. */
  tests = 0;

  /** @param maxTests - more than so many tests end in an error; see {@link TRACING}. */
  constructor(geometry: Geometry, bvh: Bvh, maxTests: number = Number.MAX_SAFE_INTEGER) {
    this.#geometry = geometry;
    this.#bvh = bvh;
    this.#maxTests = maxTests;
    this.#planeTests = geometry.planes >> 2;
  }

  /** Finds the nearest hit. Throws MeshError `too-large` after too many tests. */
  meet(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number): void {
    this.distance = Number.POSITIVE_INFINITY;
    this.met = NOTHING;
    this.#meetPlanes(ox, oy, oz, dx, dy, dz);
    this.#descend(ox, oy, oz, dx, dy, dz, false);
  }

  /** Whether anything is nearer than `distance`. Throws as {@link meet} does. */
  isBlocked(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, distance: number): boolean {
    this.distance = distance;
    this.met = NOTHING;
    this.#meetPlanes(ox, oy, oz, dx, dy, dz);
    if (this.met === NOTHING) this.#descend(ox, oy, oz, dx, dy, dz, true);
    return this.met !== NOTHING;
  }

  #meetPlanes(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number): void {
    const { planeNormals, planePoints, planes, primitives } = this.#geometry;
    this.tests += this.#planeTests;
    for (let plane = 0; plane < planes; plane++) {
      const at = plane * 3;
      const nx = planeNormals[at] ?? 0;
      const ny = planeNormals[at + 1] ?? 0;
      const nz = planeNormals[at + 2] ?? 0;
      const slope = nx * dx + ny * dy + nz * dz;
      if (slope === 0) continue;
      const px = (planePoints[at] ?? 0) - ox;
      const py = (planePoints[at + 1] ?? 0) - oy;
      const pz = (planePoints[at + 2] ?? 0) - oz;
      const t = (px * nx + py * ny + pz * nz) / slope;
      if (t > 0 && t < this.distance) {
        this.distance = t;
        this.met = primitives + plane;
      }
    }
  }

  #descend(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, isAnyEnough: boolean): void {
    const { second, first, count, order } = this.#bvh;
    const { spheres } = this.#geometry;
    const stack = this.#stack;
    // A zero would lead to 0 times infinity for a ray along the side of a box.
    const ix = 1 / (dx === 0 ? TINY : dx);
    const iy = 1 / (dy === 0 ? TINY : dy);
    const iz = 1 / (dz === 0 ? TINY : dz);
    let size = 0;
    let node = 0;
    let tests = this.tests;
    if (this.#entry(0, ox, oy, oz, ix, iy, iz) === Number.POSITIVE_INFINITY) return;
    for (;;) {
      tests++;
      const other = second[node] ?? 0;
      if (other === 0) {
        const from = first[node] ?? 0;
        const held = count[node] ?? 0;
        tests += held;
        for (let i = from + held - 1; i >= from; i--) {
          const primitive = order[i] ?? 0;
          if (primitive < spheres) this.#meetSphere(primitive, ox, oy, oz, dx, dy, dz);
          else this.#meetTriangle(primitive, ox, oy, oz, dx, dy, dz);
        }
        if (isAnyEnough && this.met !== NOTHING) break;
      } else {
        const entryHere = this.#entry(node + 1, ox, oy, oz, ix, iy, iz);
        const entryThere = this.#entry(other, ox, oy, oz, ix, iy, iz);
        const isHereNearer = entryHere <= entryThere;
        if ((isHereNearer ? entryHere : entryThere) < Number.POSITIVE_INFINITY) {
          if ((isHereNearer ? entryThere : entryHere) < Number.POSITIVE_INFINITY) {
            stack[size++] = isHereNearer ? other : node + 1;
          }
          node = isHereNearer ? node + 1 : other;
          continue;
        }
      }
      if (size === 0) break;
      if (tests > this.#maxTests) throw tooManyTests();
      node = stack[--size] ?? 0;
    }
    this.tests = tests;
  }

  /** Distance at which a box is entered; infinite if it is missed or lies beyond the present hit. */
  #entry(node: number, ox: number, oy: number, oz: number, ix: number, iy: number, iz: number): number {
    const { boxes } = this.#bvh;
    const at = node * BOX;
    const x0 = ((boxes[at] ?? 0) - ox) * ix;
    const x1 = ((boxes[at + 3] ?? 0) - ox) * ix;
    const y0 = ((boxes[at + 1] ?? 0) - oy) * iy;
    const y1 = ((boxes[at + 4] ?? 0) - oy) * iy;
    const z0 = ((boxes[at + 2] ?? 0) - oz) * iz;
    const z1 = ((boxes[at + 5] ?? 0) - oz) * iz;
    const enter = Math.max(Math.min(x0, x1), Math.min(y0, y1), Math.min(z0, z1), 0);
    const leave = Math.min(Math.max(x0, x1), Math.max(y0, y1), Math.max(z0, z1));
    return enter <= leave * BOX_SLACK && enter < this.distance ? enter : Number.POSITIVE_INFINITY;
  }

  #meetSphere(sphere: number, ox: number, oy: number, oz: number, dx: number, dy: number, dz: number): void {
    const { sphereCentres, sphereRadii } = this.#geometry;
    const cx = ox - (sphereCentres[sphere * 3] ?? 0);
    const cy = oy - (sphereCentres[sphere * 3 + 1] ?? 0);
    const cz = oz - (sphereCentres[sphere * 3 + 2] ?? 0);
    const radius = sphereRadii[sphere] ?? 0;
    const b = cx * dx + cy * dy + cz * dz;
    // Computed from the point nearest to the centre: the usual discriminant loses small distant spheres to cancellation.
    const qx = cx - b * dx;
    const qy = cy - b * dy;
    const qz = cz - b * dz;
    const within = radius * radius - (qx * qx + qy * qy + qz * qz);
    if (within < 0) return;
    const halfChord = Math.sqrt(within);
    const t = -b - halfChord > 0 ? -b - halfChord : -b + halfChord;
    if (t > 0 && t < this.distance) {
      this.distance = t;
      this.met = sphere;
    }
  }

  /** T. Möller and B. Trumbore, "Fast, Minimum Storage Ray/Triangle Intersection", 1997; both sides are visible. */
  #meetTriangle(primitive: number, ox: number, oy: number, oz: number, dx: number, dy: number, dz: number): void {
    const { corners, spheres } = this.#geometry;
    const at = (primitive - spheres) * 9;
    const e1x = corners[at + 3] ?? 0;
    const e1y = corners[at + 4] ?? 0;
    const e1z = corners[at + 5] ?? 0;
    const e2x = corners[at + 6] ?? 0;
    const e2y = corners[at + 7] ?? 0;
    const e2z = corners[at + 8] ?? 0;
    const px = dy * e2z - dz * e2y;
    const py = dz * e2x - dx * e2z;
    const pz = dx * e2y - dy * e2x;
    const determinant = e1x * px + e1y * py + e1z * pz;
    if (determinant === 0) return;
    const inverse = 1 / determinant;
    const tx = ox - (corners[at] ?? 0);
    const ty = oy - (corners[at + 1] ?? 0);
    const tz = oz - (corners[at + 2] ?? 0);
    const u = (tx * px + ty * py + tz * pz) * inverse;
    if (u < 0 || u > 1) return;
    const qx = ty * e1z - tz * e1y;
    const qy = tz * e1x - tx * e1z;
    const qz = tx * e1y - ty * e1x;
    const v = (dx * qx + dy * qy + dz * qz) * inverse;
    if (v < 0 || u + v > 1) return;
    const t = (e2x * qx + e2y * qy + e2z * qz) * inverse;
    if (t > 0 && t < this.distance) {
      this.distance = t;
      this.met = primitive;
    }
  }
}

const TINY = 1e-300;
/** Keeps a box that is as flat as its only triangle from being missed by rounding. */
const BOX_SLACK = 1 + 1e-12;

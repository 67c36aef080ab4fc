import { BOX } from './bvh.ts';
import { MATERIAL, meshesOf, PLANE, type Scene, SPHERE } from './scene.ts';

/** A scene laid out for tracing. Primitives are numbered: spheres, then triangles; after them the planes, which no box can hold. */
export interface Geometry {
  spheres: number;
  planes: number;
  /** Spheres and triangles. */
  primitives: number;
  sphereCentres: Float64Array;
  sphereRadii: Float64Array;
  planePoints: Float64Array;
  /** Of length 1. */
  planeNormals: Float64Array;
  /** Of each triangle: a corner, and the edges to the other two. */
  corners: Float64Array;
  /** Of each light: position, colour. */
  lights: Float32Array;
  /** Of each primitive and plane: colour, reflectivity. */
  materials: Float32Array;
}

export function geometryOf(scene: Scene): Geometry {
  const spheres = scene.spheres.length / SPHERE;
  const planes = scene.planes.length / PLANE;
  const triangles = scene.indices.length / 3;
  const primitives = spheres + triangles;
  const geometry: Geometry = {
    ...{ spheres, planes, primitives },
    sphereCentres: new Float64Array(spheres * 3),
    sphereRadii: new Float64Array(spheres),
    planePoints: new Float64Array(planes * 3),
    planeNormals: new Float64Array(planes * 3),
    corners: new Float64Array(triangles * 9),
    lights: scene.lights,
    materials: new Float32Array((primitives + planes) * MATERIAL),
  };
  for (let i = 0; i < spheres; i++) {
    const own = scene.spheres.subarray(i * SPHERE, (i + 1) * SPHERE);
    geometry.sphereCentres.set(own.subarray(0, 3), i * 3);
    geometry.sphereRadii[i] = own[3] ?? 0;
    geometry.materials.set(own.subarray(4), i * MATERIAL);
  }
  for (let i = 0; i < planes; i++) {
    const own = scene.planes.subarray(i * PLANE, (i + 1) * PLANE);
    const [nx = 0, ny = 0, nz = 0] = own.subarray(3, 6);
    const length = Math.hypot(nx, ny, nz);
    geometry.planePoints.set(own.subarray(0, 3), i * 3);
    geometry.planeNormals.set([nx / length, ny / length, nz / length], i * 3);
    geometry.materials.set(own.subarray(6), (primitives + i) * MATERIAL);
  }
  addTriangles(scene, geometry);
  return geometry;
}

function addTriangles(scene: Scene, { corners, materials, spheres }: Geometry): void {
  for (const [at, { firstVertex, firstTriangle, triangles }] of meshesOf(scene).entries()) {
    const material = scene.meshMaterials.subarray(at * MATERIAL, (at + 1) * MATERIAL);
    const place = (corner: number, axis: number) =>
      scene.positions[(firstVertex + (scene.indices[corner] ?? 0)) * 3 + axis] ?? 0;
    for (let triangle = firstTriangle; triangle < firstTriangle + triangles; triangle++) {
      for (let axis = 0; axis < 3; axis++) {
        const corner = place(triangle * 3, axis);
        corners[triangle * 9 + axis] = corner;
        corners[triangle * 9 + 3 + axis] = place(triangle * 3 + 1, axis) - corner;
        corners[triangle * 9 + 6 + axis] = place(triangle * 3 + 2, axis) - corner;
      }
      materials.set(material, (spheres + triangle) * MATERIAL);
    }
  }
}

/** Of each primitive. */
export function boxesOf({ primitives, spheres, sphereCentres, sphereRadii, corners }: Geometry): Float64Array {
  const boxes = new Float64Array(primitives * BOX);
  for (let i = 0; i < primitives; i++) {
    for (let axis = 0; axis < 3; axis++) {
      let low: number;
      let high: number;
      if (i < spheres) {
        low = (sphereCentres[i * 3 + axis] ?? 0) - (sphereRadii[i] ?? 0);
        high = (sphereCentres[i * 3 + axis] ?? 0) + (sphereRadii[i] ?? 0);
      } else {
        const at = (i - spheres) * 9 + axis;
        const corner = corners[at] ?? 0;
        const [one, other] = [corner + (corners[at + 3] ?? 0), corner + (corners[at + 6] ?? 0)];
        low = Math.min(corner, one, other);
        high = Math.max(corner, one, other);
      }
      boxes[i * BOX + axis] = low;
      boxes[i * BOX + 3 + axis] = high;
    }
  }
  return boxes;
}

import { MeshError } from '../../errors.ts';
import { attachmentAt, bytesOf, numbersIn } from '../packing.ts';
import { BOX } from './bvh.ts';

/** A scene on the wire, one attachment for each member. Single precision, since it may be rendered by a GPU. */
export interface Scene {
  /** For each sphere: centre, radius, colour, reflectivity. */
  spheres: Float32Array;
  /** For each plane: point, normal, colour, reflectivity. */
  planes: Float32Array;
  /** For each light: position, colour. */
  lights: Float32Array;
  /** For each mesh: numbers of vertices and triangles. */
  meshSizes: Uint32Array;
  /** For each mesh: colour, reflectivity. */
  meshMaterials: Float32Array;
  /** Vertices and triangles of all meshes, one after another; the indices of each mesh start at 0. */
  positions: Float32Array;
  indices: Uint32Array;
}

/** Numbers per sphere, plane, light and material. */
export const SPHERE = 8;
const PLANE = 10;
export const LIGHT = 6;
export const MATERIAL = 4;

/** Number of each kind of object; vertices and triangles of all meshes. */
export interface SceneCounts {
  spheres: number;
  planes: number;
  lights: number;
  meshes: number;
  vertices: number;
  triangles: number;
}

/** Sizes of the attachments, in the order of {@link packScene}. */
export function sceneSizesBytes({ spheres, planes, lights, meshes, vertices, triangles }: SceneCounts): number[] {
  return [
    spheres * SPHERE * 4,
    planes * PLANE * 4,
    lights * LIGHT * 4,
    meshes * 8,
    meshes * MATERIAL * 4,
    vertices * 12,
    triangles * 12,
  ];
}

export function packScene(scene: Scene): Uint8Array[] {
  const { spheres, planes, lights, meshSizes, meshMaterials, positions, indices } = scene;
  return [spheres, planes, lights, meshSizes, meshMaterials, positions, indices].map(bytesOf);
}

/** Reads a scene from attachments whose sizes have been checked. */
export function readScene(attachments: readonly Uint8Array[]): Scene {
  return {
    spheres: numbersIn(Float32Array, attachmentAt(attachments, 0)),
    planes: numbersIn(Float32Array, attachmentAt(attachments, 1)),
    lights: numbersIn(Float32Array, attachmentAt(attachments, 2)),
    meshSizes: numbersIn(Uint32Array, attachmentAt(attachments, 3)),
    meshMaterials: numbersIn(Float32Array, attachmentAt(attachments, 4)),
    positions: numbersIn(Float32Array, attachmentAt(attachments, 5)),
    indices: numbersIn(Uint32Array, attachmentAt(attachments, 6)),
  };
}

/** Checks the values of a scene: finite numbers, consistent mesh sizes and valid indices. Throws MeshError `malformed`. */
export function checkScene(scene: Scene, { vertices, triangles }: SceneCounts): void {
  const { spheres, planes, lights, meshMaterials, positions } = scene;
  for (const numbers of [spheres, planes, lights, meshMaterials, positions]) {
    if (!numbers.every(Number.isFinite)) throw MeshError.malformed('A scene arrived with values that are not finite.');
  }
  const meshes = meshesOf(scene);
  const last = meshes.at(-1);
  const total = last ? [last.firstVertex + last.vertices, last.firstTriangle + last.triangles] : [0, 0];
  if (total[0] !== vertices || total[1] !== triangles) {
    throw MeshError.malformed('A scene arrived with inconsistent mesh sizes.');
  }
  for (const mesh of meshes) {
    const own = scene.indices.subarray(mesh.firstTriangle * 3, (mesh.firstTriangle + mesh.triangles) * 3);
    if (own.some((index) => index >= mesh.vertices)) {
      throw MeshError.malformed('A scene arrived with a triangle of missing vertices.');
    }
  }
}

export interface TriangleMesh {
  firstVertex: number;
  vertices: number;
  firstTriangle: number;
  triangles: number;
}

function meshesOf({ meshSizes }: Scene): TriangleMesh[] {
  const meshes: TriangleMesh[] = [];
  let firstVertex = 0;
  let firstTriangle = 0;
  for (let at = 0; at < meshSizes.length; at += 2) {
    const vertices = meshSizes[at] ?? 0;
    const triangles = meshSizes[at + 1] ?? 0;
    meshes.push({ firstVertex, vertices, firstTriangle, triangles });
    firstVertex += vertices;
    firstTriangle += triangles;
  }
  return meshes;
}

/** A scene laid out for tracing. Primitives are numbered: spheres, then triangles. The planes, which have no bounding box, follow them. */
export interface Geometry {
  spheres: number;
  planes: number;
  /** Number of spheres and triangles. */
  primitives: number;
  sphereCentres: Float64Array;
  sphereRadii: Float64Array;
  planePoints: Float64Array;
  /** Unit vectors. */
  planeNormals: Float64Array;
  /** For each triangle: a corner, and the edges to the other two. */
  corners: Float64Array;
  /** For each light: position, colour. */
  lights: Float32Array;
  /** For each primitive and plane: colour, reflectivity. */
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

/** Bounding box of each primitive. */
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

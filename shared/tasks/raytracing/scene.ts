import { MeshError } from '../../errors.ts';
import { partOf } from '../check-input.ts';
import { bytesOf, numbersIn } from '../numbers.ts';

/** A scene as it travels: an attachment for each of these, single precision, as the GPUs compute that may get it. */
export interface Scene {
  /** Centre, radius, colour, reflectivity. */
  spheres: Float32Array;
  /** Point, normal, colour, reflectivity. */
  planes: Float32Array;
  /** Position, colour. */
  lights: Float32Array;
  /** Of each mesh: vertices, triangles. */
  meshSizes: Uint32Array;
  /** Of each mesh: colour, reflectivity. */
  meshMaterials: Float32Array;
  /** Of all meshes, one after another; indices count within their own. */
  positions: Float32Array;
  indices: Uint32Array;
}

export const SPHERE = 8;
export const PLANE = 10;
export const LIGHT = 6;
export const MATERIAL = 4;

/** How many there are of each; the meshes' in total. */
export interface SceneCounts {
  spheres: number;
  planes: number;
  lights: number;
  meshes: number;
  vertices: number;
  triangles: number;
}

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

/** Of attachments whose sizes were checked. */
export function readScene(attachments: readonly Uint8Array[]): Scene {
  return {
    spheres: numbersIn(Float32Array, partOf(attachments, 0)),
    planes: numbersIn(Float32Array, partOf(attachments, 1)),
    lights: numbersIn(Float32Array, partOf(attachments, 2)),
    meshSizes: numbersIn(Uint32Array, partOf(attachments, 3)),
    meshMaterials: numbersIn(Float32Array, partOf(attachments, 4)),
    positions: numbersIn(Float32Array, partOf(attachments, 5)),
    indices: numbersIn(Uint32Array, partOf(attachments, 6)),
  };
}

/** What the sizes do not tell. Throws MeshError `malformed`. */
export function checkScene(scene: Scene, { vertices, triangles }: SceneCounts): void {
  const { spheres, planes, lights, meshMaterials, positions } = scene;
  for (const numbers of [spheres, planes, lights, meshMaterials, positions]) {
    if (!numbers.every(Number.isFinite)) throw MeshError.malformed('A scene came with something that is no number.');
  }
  const meshes = meshesOf(scene);
  const last = meshes.at(-1);
  const total = last ? [last.firstVertex + last.vertices, last.firstTriangle + last.triangles] : [0, 0];
  if (total[0] !== vertices || total[1] !== triangles) {
    throw MeshError.malformed('A scene came whose meshes are not as large as it says.');
  }
  for (const mesh of meshes) {
    const own = scene.indices.subarray(mesh.firstTriangle * 3, (mesh.firstTriangle + mesh.triangles) * 3);
    if (own.some((index) => index >= mesh.vertices)) {
      throw MeshError.malformed('A scene came with a triangle of vertices that are not there.');
    }
  }
}

export interface Mesh {
  firstVertex: number;
  vertices: number;
  firstTriangle: number;
  triangles: number;
}

export function meshesOf({ meshSizes }: Scene): Mesh[] {
  const meshes: Mesh[] = [];
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

import { MeshError } from '../../errors.ts';
import { z } from '../../zod.ts';
import { real, type Vec3, vec3 } from '../packing.ts';
import type { Scene, SceneCounts } from './scene.ts';

/** Limits of a `raytracing` task. */
export const RAYTRACING = {
  /** Longest side of the picture, pixels. */
  maxSide: 4_096,
  /** Pixels of one task's picture or tile: 16 MB of RGBA. */
  maxPixels: 4 * 1024 * 1024,
  maxSamplesPerPixel: 1_024,
  /** Pixels times samples of one task: some minutes on a CPU. Larger pictures are split into tiles. */
  maxSamples: 64 * 1024 * 1024,
  /** Spheres, planes and meshes together. */
  maxObjects: 4_096,
  maxLights: 16,
  /** Triangles of all meshes: with more, the longest steps of building the tree would delay frames too much. */
  maxTriangles: 128 * 1024,
  /** Three for each triangle, if none are shared. */
  maxVertices: 3 * 128 * 1024,
} as const;

const share = z.number().min(0).max(1);
/** Share of the incoming light that a surface scatters: red, green, blue. */
const albedo = z.tuple([share, share, share]);
const intensity = z.number().min(0).max(1e6);
export const light = z.tuple([intensity, intensity, intensity]);
const material = z.object({ color: albedo, reflectivity: share.optional() });

export const objectSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sphere'), center: vec3, radius: real.positive(), material }),
  z.object({ type: z.literal('plane'), point: vec3, normal: vec3, material }),
  z.object({
    type: z.literal('mesh'),
    // Not z.instanceof: its type would exclude arrays on shared memory.
    positions: z.custom<Float32Array>((value) => value instanceof Float32Array, 'expected a Float32Array'),
    indices: z.custom<Uint32Array>((value) => value instanceof Uint32Array, 'expected a Uint32Array'),
    material,
  }),
]);
export const lightSchema = z.object({ position: vec3, color: light });

type SceneObject = z.infer<typeof objectSchema>;
type ObjectOf<T extends SceneObject['type']> = Extract<SceneObject, { type: T }>;

/** Converts a validated input into a scene. Throws MeshError `bad-input` or `too-large`. */
export function sceneOf(
  objects: readonly SceneObject[],
  lights: readonly z.infer<typeof lightSchema>[],
): { scene: Scene; counts: SceneCounts } {
  const only = <T extends SceneObject['type']>(type: T) =>
    objects.filter((object): object is ObjectOf<T> => object.type === type);
  const [spheres, planes, meshes] = [only('sphere'), only('plane'), only('mesh')];
  for (const mesh of meshes) checkMesh(mesh);
  const counts = {
    spheres: spheres.length,
    planes: planes.length,
    lights: lights.length,
    meshes: meshes.length,
    vertices: sum(meshes, ({ positions }) => positions.length / 3),
    triangles: sum(meshes, ({ indices }) => indices.length / 3),
  };
  if (counts.triangles > RAYTRACING.maxTriangles || counts.vertices > RAYTRACING.maxVertices) {
    const bytes = (counts.triangles + counts.vertices) * 12;
    throw MeshError.tooLarge('The meshes together', bytes, (RAYTRACING.maxTriangles + RAYTRACING.maxVertices) * 12);
  }
  const scene = {
    spheres: Float32Array.from(spheres.flatMap((it) => [...it.center, it.radius, ...surface(it.material)])),
    planes: Float32Array.from(planes.flatMap((it) => [...it.point, ...unit(it.normal), ...surface(it.material)])),
    lights: Float32Array.from(lights.flatMap(({ position, color }) => [...position, ...color])),
    meshSizes: Uint32Array.from(meshes.flatMap((it) => [it.positions.length / 3, it.indices.length / 3])),
    meshMaterials: Float32Array.from(meshes.flatMap((it) => surface(it.material))),
    positions: new Float32Array(counts.vertices * 3),
    indices: new Uint32Array(counts.triangles * 3),
  };
  let vertexAt = 0;
  let indexAt = 0;
  for (const { positions, indices } of meshes) {
    scene.positions.set(positions, vertexAt);
    scene.indices.set(indices, indexAt);
    vertexAt += positions.length;
    indexAt += indices.length;
  }
  return { scene, counts };
}

function checkMesh({ positions, indices }: ObjectOf<'mesh'>): void {
  if (positions.length % 3 !== 0 || indices.length % 3 !== 0) {
    throw MeshError.badInput('A mesh needs three numbers for each vertex and three indices for each triangle.');
  }
  if (!positions.every((value) => Math.abs(value) <= 1e9)) {
    throw MeshError.badInput(
      'A mesh has a vertex that is not a number or is more than 1e9 away. Correct its positions.',
    );
  }
  const vertices = positions.length / 3;
  if (indices.some((index) => index >= vertices)) {
    throw MeshError.badInput(`A mesh of ${vertices} vertices has an index beyond them. Correct its indices.`);
  }
}

function surface({ color, reflectivity = 0 }: z.infer<typeof material>): number[] {
  return [...color, reflectivity];
}

function unit([x, y, z]: Vec3): Vec3 {
  const length = Math.hypot(x, y, z);
  if (length === 0) throw MeshError.badInput('A plane needs a normal that is not zero.');
  return [x / length, y / length, z / length];
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

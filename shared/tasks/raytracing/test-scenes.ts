import { seededRandom } from '../../seeded-random.ts';
import { finish, type PackedResult, type PackedTask } from '../definition.ts';
import type { Vec3 } from '../packing.ts';
import { type RaytracingInput, type RaytracingParams, type RaytracingResult, raytracing } from '../raytracing.ts';
import { render } from './render.ts';
import { readScene } from './scene.ts';

type SceneObject = RaytracingInput['objects'][number];

export const GREY = { color: [0.5, 0.5, 0.5] as Vec3 };

/** A view from z = 5 towards the origin, with a field of view of 45 degrees. */
export const VIEW = {
  camera: { position: [0, 0, 5] as Vec3, target: [0, 0, 0] as Vec3, fovDeg: 45 },
  ...{ width: 33, height: 33, samplesPerPixel: 1, seed: 1 },
};

export function painted(task: PackedTask<RaytracingParams>): RaytracingResult {
  return raytracing.unpackResult(task, paintedBytes(task));
}

/** Renders a task as a volunteer does. */
export function paintedBytes({ params, attachments }: PackedTask<RaytracingParams>): PackedResult {
  const pixels = finish(render(readScene(attachments), params));
  return { value: null, attachments: [new Uint8Array(pixels.buffer)] };
}

export function pixelOf({ image }: RaytracingResult, x: number, y: number): number[] {
  return [...image.data.subarray((y * image.width + x) * 4, (y * image.width + x) * 4 + 4)];
}

/** Unconnected triangles in a cube of side 4 around the origin. */
export function triangleSoup(triangles: number, seed: number, size = 0.5): Extract<SceneObject, { type: 'mesh' }> {
  const random = seededRandom(seed);
  const positions = new Float32Array(triangles * 9);
  for (let triangle = 0; triangle < triangles; triangle++) {
    const middle = [0, 1, 2].map(() => (random() - 0.5) * 4);
    for (let i = 0; i < 9; i++) positions[triangle * 9 + i] = (middle[i % 3] ?? 0) + (random() - 0.5) * size;
  }
  return {
    type: 'mesh',
    positions,
    indices: Uint32Array.from(positions.keys()).subarray(0, triangles * 3),
    material: GREY,
  };
}

/** A scene with shadows, mirrors, edges, and a mesh on a floor. */
export function busyScene(size: Partial<RaytracingInput> = {}): RaytracingInput {
  return {
    ...VIEW,
    ...{ width: 96, height: 64, samplesPerPixel: 4, background: [0.2, 0.3, 0.6] as Vec3 },
    objects: [
      { type: 'sphere', center: [-0.8, 0, 0], radius: 0.7, material: { color: [0.9, 0.2, 0.1], reflectivity: 0.3 } },
      {
        type: 'sphere',
        center: [0.8, 0.2, -0.5],
        radius: 0.9,
        material: { color: [0.9, 0.9, 0.9], reflectivity: 0.8 },
      },
      {
        type: 'plane',
        point: [0, -0.7, 0],
        normal: [0, 2, 0],
        material: { color: [0.4, 0.5, 0.4], reflectivity: 0.1 },
      },
      triangleSoup(40, 3),
    ],
    lights: [
      { position: [3, 5, 4], color: [0.8, 0.8, 0.7] },
      { position: [-4, 3, 2], color: [0.2, 0.2, 0.4] },
    ],
    ...size,
  };
}

/**
 * A scene whose tree is of no use: the boxes of all its triangles are the same, no ray misses it, and next to none meets a triangle. Behind them are a
 * mirror and, before it, as many lights as a scene may have, so that a sample is eighteen rays.
 */
export function sliverScene(slivers: number, size: Partial<RaytracingInput> = {}): RaytracingInput {
  return {
    ...VIEW,
    ...{ width: 8, height: 8, samplesPerPixel: 1_024 },
    objects: [
      {
        type: 'mesh',
        positions: Float32Array.of(-4, -4, -2, 4, 4, 2, 4, 4, 2.001),
        indices: Uint32Array.from({ length: slivers * 3 }, (_, i) => i % 3),
        material: GREY,
      },
      { type: 'plane', point: [0, 0, -3], normal: [0, 0, 1], material: { ...GREY, reflectivity: 0.9 } },
    ],
    lights: Array.from({ length: 16 }, (_, i) => ({
      position: [Math.cos(i), Math.sin(i), 5] as Vec3,
      color: [0.05, 0.05, 0.05] as Vec3,
    })),
    ...size,
  };
}

import { describe, expect, test } from 'vitest';
import { checkArrivedTask } from './catalogue.ts';
import { busyScene, painted, triangleSoup, VIEW } from './raytracing/test-scenes.ts';
import { type RaytracingInput, raytracing } from './raytracing.ts';

const input = busyScene({ width: 8, height: 6, samplesPerPixel: 1 });
const sphere = input.objects[0];
const mesh = triangleSoup(2, 1);

describe('an input is refused', () => {
  test.each<[string, Record<string, unknown>]>([
    ['without objects', { objects: undefined }],
    ['with an unknown kind of object', { objects: [{ type: 'cube' }] }],
    ['with a radius of 0', { objects: [{ ...sphere, radius: 0 }] }],
    ['with a position of NaN', { objects: [{ ...sphere, center: [0, Number.NaN, 0] }] }],
    ['with a colour of two numbers', { objects: [{ ...sphere, material: { color: [1, 1] } }] }],
    ['with a colour above 1', { objects: [{ ...sphere, material: { color: [1, 1, 1.1] } }] }],
    ['with a normal of 0', { objects: [{ ...input.objects[2], normal: [0, 0, 0] }] }],
    ['with a mesh in a plain array', { objects: [{ ...mesh, positions: [0, 0, 0] }] }],
    ['with an incomplete triangle', { objects: [{ ...mesh, indices: Uint32Array.of(0, 1) }] }],
    ['with an index out of range', { objects: [{ ...mesh, indices: Uint32Array.of(0, 1, 6) }] }],
    ['with a vertex of NaN', { objects: [{ ...mesh, positions: mesh.positions.map(() => Number.NaN) }] }],
    ['with a negative light', { lights: [{ position: [0, 0, 0], color: [1, -1, 1] }] }],
    ['with 17 lights', { lights: Array.from({ length: 17 }, () => input.lights[0]) }],
    ['with a camera at its own target', { camera: { ...VIEW.camera, target: VIEW.camera.position } }],
    ['with a field of view of 180 degrees', { camera: { ...VIEW.camera, fovDeg: 180 } }],
    ['with no pixels', { width: 0 }],
    ['with no samples', { samplesPerPixel: 0 }],
    ['with a fractional seed', { seed: 0.5 }],
    ['with a tile outside the picture', { tile: { x: 4, y: 0, width: 5, height: 6 } }],
  ])('%s', (_, wrong) => {
    expect(() => raytracing.pack({ ...input, ...wrong } as RaytracingInput)).toThrow(
      expect.objectContaining({ reason: 'bad-input', message: expect.stringMatching(/\.$/) }),
    );
  });

  test.each<[string, Partial<RaytracingInput>]>([
    ['pixels', { width: 4_096, height: 4_096 }],
    ['samples', { width: 1_024, height: 1_024, samplesPerPixel: 128 }],
    ['triangles', { objects: [{ ...mesh, indices: new Uint32Array(3 * 140_000) }] }],
  ])('with too many %s', (_, large) => {
    expect(() => raytracing.pack({ ...input, ...large })).toThrow(expect.objectContaining({ reason: 'too-large' }));
  });
});

test('a volunteer accepts a packed task; its meshes travel as bytes, and changing them after packing has no effect', () => {
  const objects = [{ ...mesh, positions: mesh.positions.slice() }];
  const task = raytracing.pack({ ...input, objects });
  objects[0]?.positions.fill(0);
  expect(JSON.stringify(task.params).length).toBeLessThan(600);
  expect(checkArrivedTask('raytracing', structuredClone(task))).toEqual(task);
  expect(task).toEqual(raytracing.pack({ ...input, objects: [mesh] }));
});

test('a picture of 4096x4096 can be rendered in tiles', () => {
  const tile = { x: 2_048, y: 1_024, width: 2_048, height: 2_048 };
  expect(raytracing.pack({ ...input, width: 4_096, height: 4_096, tile }).params.tile).toEqual(tile);
});

test('a tile is a part of the picture', () => {
  const whole = painted(raytracing.pack(input)).image;
  const { image } = painted(raytracing.pack({ ...input, tile: { x: 3, y: 2, width: 4, height: 3 } }));
  expect([image.width, image.height]).toEqual([4, 3]);
  expect(image.data.subarray(0, 16)).toEqual(whole.data.subarray((2 * 8 + 3) * 4, (2 * 8 + 7) * 4));
});

test('a task that arrives damaged is malformed', () => {
  const { params, attachments } = raytracing.pack(input);
  const swapped = (at: number, bytes: Uint8Array) => attachments.toSpliced(at, 1, bytes);
  const infinite = new Uint8Array(Float32Array.from({ length: 20 }, () => Number.POSITIVE_INFINITY).buffer, 0, 64);
  const wrong = [
    { params, attachments: attachments.slice(1) },
    { params, attachments: swapped(0, new Uint8Array(4)) },
    { params, attachments: swapped(0, infinite) },
    { params, attachments: swapped(3, new Uint8Array(8)) },
    { params, attachments: swapped(6, new Uint8Array(480).fill(255)) },
    { params: { ...params, counts: { ...params.counts, planes: 2 } }, attachments },
    { params: { ...params, tile: { x: 1, y: 0, width: 8, height: 6 } }, attachments },
    { params: { ...params, samplesPerPixel: 1e6 }, attachments },
    { params: { ...params, extra: 1 }, attachments },
  ];
  for (const task of wrong) {
    expect(() => checkArrivedTask('raytracing', task)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});

test('an answer of another size is malformed', () => {
  const task = raytracing.pack(input);
  for (const attachments of [[], [new Uint8Array(191)], [new Uint8Array(192), new Uint8Array(1)]]) {
    expect(() => raytracing.unpackResult(task, { value: null, attachments })).toThrow(
      expect.objectContaining({ reason: 'malformed' }),
    );
  }
});

test('more samples, lights and objects cost more', () => {
  const cost = (more: Partial<RaytracingInput>) => raytracing.cost(raytracing.pack({ ...input, ...more }).params);
  expect(cost({ samplesPerPixel: 64 })).toBeGreaterThan(4 * cost({}));
  expect(cost({ lights: [] })).toBeLessThan(cost({}));
  expect(cost({ objects: [triangleSoup(1_000, 1)] })).toBeGreaterThan(cost({}));
});

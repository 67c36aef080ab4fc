import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';
import { checkedInput } from './checked-input.ts';
import type { TaskDefinition } from './definition.ts';
import { attachmentAt, checkSizes, noValue, vec3 } from './packing.ts';
import { light, lightSchema, objectSchema, RAYTRACING, sceneOf } from './raytracing/input.ts';
import type { Tile, View } from './raytracing/render.ts';
import { checkScene, packScene, readScene, type SceneCounts, sceneSizesBytes } from './raytracing/scene.ts';
import { verifyPicture } from './raytracing/verify.ts';

const FIRST_DEADLINE_MS = 2_000;
/** Smallest tile a task is split into, pixels: below it, sending the scene costs more than it saves. */
const MIN_TILE_PIXELS = 1_024;

export interface RaytracingParams extends View {
  counts: SceneCounts;
}
export interface RaytracingResult {
  image: { width: number; height: number; data: Uint8ClampedArray };
}

const side = z.int().min(1).max(RAYTRACING.maxSide);
const pixelAt = z
  .int()
  .min(0)
  .max(RAYTRACING.maxSide - 1);
const viewShape = {
  camera: z.object({ position: vec3, target: vec3, fovDeg: z.number().min(0.1).max(175) }),
  width: side,
  height: side,
  samplesPerPixel: z.int().min(1).max(RAYTRACING.maxSamplesPerPixel),
  seed: z.int().min(0).max(0xffffffff),
};
const tileSchema = z.object({ x: pixelAt, y: pixelAt, width: side, height: side });
const inputSchema = z.object({
  ...viewShape,
  objects: z.array(objectSchema).max(RAYTRACING.maxObjects),
  lights: z.array(lightSchema).max(RAYTRACING.maxLights),
  background: light.optional(),
  tile: tileSchema.optional(),
});
const countUpTo = (most: number) => z.int().min(0).max(most);

export type RaytracingInput = z.infer<typeof inputSchema>;

/** `raytracing` renders a scene, or a tile of its picture. The attachments of a task are the scene: spheres, planes, lights and meshes. */
export const raytracing: TaskDefinition<RaytracingInput, RaytracingParams, RaytracingResult> = {
  type: 'raytracing',
  params: z
    .strictObject({
      ...viewShape,
      background: light,
      tile: tileSchema,
      counts: z.strictObject({
        spheres: countUpTo(RAYTRACING.maxObjects),
        planes: countUpTo(RAYTRACING.maxObjects),
        lights: countUpTo(RAYTRACING.maxLights),
        meshes: countUpTo(RAYTRACING.maxObjects),
        vertices: countUpTo(RAYTRACING.maxVertices),
        triangles: countUpTo(RAYTRACING.maxTriangles),
      }),
    })
    .refine((view) => isInside(view), 'tile outside the picture')
    .refine((view) => isAffordable(view), 'too much for one task'),
  value: noValue,
  cacheable: true,
  pack(input) {
    const { objects, lights, background = [0, 0, 0], tile, ...view } = checkedInput(inputSchema, input, 'raytracing');
    const { camera, width, height, samplesPerPixel } = view;
    const wanted = { ...view, background, tile: tile ?? { x: 0, y: 0, width, height } };
    if (!isInside(wanted))
      throw MeshError.badInput(`The tile is not inside the picture of ${width}x${height}. Move it inside.`);
    if (!isAffordable(wanted)) {
      throw new MeshError(
        'too-large',
        `A raytracing task renders at most ${RAYTRACING.maxPixels} pixels, and ${RAYTRACING.maxSamples} samples; this one has ${wanted.tile.width}x${wanted.tile.height} pixels with ${samplesPerPixel} samples each. Submit several tasks, each with a \`tile\`.`,
      );
    }
    if (camera.position.every((value, axis) => value === camera.target[axis])) {
      throw MeshError.badInput('The camera and its target are at the same point. Give it another target.');
    }
    const { scene, counts } = sceneOf(objects, lights);
    return { params: { ...wanted, counts }, attachments: packScene(scene) };
  },
  checkAttachments({ counts }, attachments) {
    checkSizes(attachments, sceneSizesBytes(counts), 'A raytracing task');
    checkScene(readScene(attachments), counts);
  },
  unpackResult({ params: { tile } }, { attachments }) {
    const { width, height } = tile;
    checkSizes(attachments, [width * height * 4], 'A ray-traced picture');
    const [{ buffer, byteOffset, byteLength } = new Uint8Array(0)] = attachments;
    return { image: { width, height, data: new Uint8ClampedArray(buffer, byteOffset, byteLength) } };
  },
  kindOf: () => 'raytracing',
  firstDeadlineMs: () => FIRST_DEADLINE_MS,
  cost: ({ tile, samplesPerPixel, counts }) => {
    const primitives = counts.spheres + counts.triangles;
    // One camera ray and one shadow ray for each light, through the tree and past every plane; and the tree has to be built.
    const perSample = (1 + counts.lights) * (4 + Math.log2(1 + primitives) + counts.planes / 4);
    return Math.ceil(tile.width * tile.height * samplesPerPixel * perSample + primitives * WORK_PER_PRIMITIVE);
  },
  resultBytes: ({ tile }) => tile.width * tile.height * 4,
  verify({ params, attachments }, { image }, random) {
    return verifyPicture(attachments, params, image, random);
  },
  split({ params, attachments }, parts) {
    const tiles = tilesOf(params.tile, parts);
    return {
      tasks: tiles.map((tile) => ({ params: { ...params, tile }, attachments })),
      merge: (results) => ({
        value: null,
        attachments: [
          pasted(
            params.tile,
            tiles,
            results.map(({ attachments }) => attachmentAt(attachments, 0)),
          ),
        ],
      }),
    };
  },
};

/** Work of adding a primitive to the tree, in tests of a ray against a box. */
const WORK_PER_PRIMITIVE = 50;

function isInside({ tile, width, height }: { tile: Tile; width: number; height: number }): boolean {
  return tile.x + tile.width <= width && tile.y + tile.height <= height;
}

function isAffordable({ tile, samplesPerPixel }: { tile: Tile; samplesPerPixel: number }): boolean {
  const pixels = tile.width * tile.height;
  return pixels <= RAYTRACING.maxPixels && pixels * samplesPerPixel <= RAYTRACING.maxSamples;
}

/** Splits a tile into at most `parts` tiles without overlap, as square as possible. */
function tilesOf(whole: Tile, parts: number): Tile[] {
  const affordable = Math.floor((whole.width * whole.height) / MIN_TILE_PIXELS);
  const count = Math.max(1, Math.min(parts, affordable));
  const ideal = Math.round(Math.sqrt((count * whole.width) / whole.height));
  const columns = Math.min(whole.width, count, Math.max(1, ideal));
  const rows = Math.min(whole.height, Math.max(1, Math.floor(count / columns)));
  return Array.from({ length: columns * rows }, (_, i) => {
    const [column, row] = [i % columns, Math.trunc(i / columns)];
    const left = Math.round((whole.width * column) / columns);
    const top = Math.round((whole.height * row) / rows);
    return {
      x: whole.x + left,
      y: whole.y + top,
      width: Math.round((whole.width * (column + 1)) / columns) - left,
      height: Math.round((whole.height * (row + 1)) / rows) - top,
    };
  });
}

/** Joins the RGBA pixels of tiles. */
function pasted(whole: Tile, tiles: readonly Tile[], pixels: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(whole.width * whole.height * 4);
  for (const [i, { x, y, width, height }] of tiles.entries()) {
    const part = pixels[i];
    if (!part) continue;
    for (let row = 0; row < height; row++) {
      const at = ((y - whole.y + row) * whole.width + x - whole.x) * 4;
      data.set(part.subarray(row * width * 4, (row + 1) * width * 4), at);
    }
  }
  return data;
}

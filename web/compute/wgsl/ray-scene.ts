import { BOX, type Bvh } from '../../../shared/tasks/raytracing/bvh.ts';
import { Camera, type View } from '../../../shared/tasks/raytracing/render.ts';
import { type Geometry, LIGHT } from '../../../shared/tasks/raytracing/scene.ts';

/** What `raytracing.wgsl` is bound to, by the number of the binding; 0 is the view. */
export interface RaySceneBytes {
  shapes: Float32Array<ArrayBuffer>;
  materials: Float32Array<ArrayBuffer>;
  nodes: ArrayBuffer;
  order: Uint32Array<ArrayBuffer>;
}

const VEC4 = 4;
const NODE_WORDS = 8;
/** Of `View`, 16 bytes in a line. */
const VIEW_WORDS = 28;
/** A box's side moves out by this part of itself: more than the rounding to single precision may have moved it in. */
const ROUNDED = 2 ** -22;

export function raySceneBytes(geometry: Geometry, bvh: Bvh): RaySceneBytes {
  return {
    shapes: shapesOf(geometry),
    materials: Float32Array.from(geometry.materials),
    nodes: nodesOf(bvh),
    order: Uint32Array.from(bvh.order),
  };
}

/** `fromPixel` and `toPixel` of the tile, row by row. */
export function viewBytes(view: View, geometry: Geometry, fromPixel: number, toPixel: number): ArrayBuffer {
  const { background, width, height, samplesPerPixel, seed, tile } = view;
  const { position, forward, right, down } = new Camera(view.camera, width, height);
  const bytes = new ArrayBuffer(VIEW_WORDS * 4);
  const [floats, words] = [new Float32Array(bytes), new Uint32Array(bytes)];
  const lines = [
    [position, seed],
    [forward, samplesPerPixel],
    [right, geometry.spheres],
    [down, geometry.primitives],
    [background, geometry.planes],
  ] as const;
  for (const [line, [vector, word]] of lines.entries()) {
    floats.set(vector, line * VEC4);
    words[line * VEC4 + 3] = word;
  }
  floats.set([width, height], 20);
  words.set([tile.x, tile.y, tile.width, geometry.lights.length / LIGHT, fromPixel, toPixel], 22);
  return bytes;
}

function shapesOf({ spheres, planes, primitives, lights, ...of }: Geometry): Float32Array<ArrayBuffer> {
  const lightCount = lights.length / LIGHT;
  const triangles = primitives - spheres;
  const shapes = new Float32Array((spheres + 3 * triangles + 2 * (planes + lightCount)) * VEC4);
  let at = 0;
  const add = (from: ArrayLike<number>, place: number, last = 0) => {
    for (let axis = 0; axis < 3; axis++) shapes[at + axis] = from[place + axis] ?? 0;
    shapes[at + 3] = last;
    at += VEC4;
  };
  for (let i = 0; i < spheres; i++) add(of.sphereCentres, i * 3, of.sphereRadii[i]);
  for (let i = 0; i < 3 * triangles; i++) add(of.corners, i * 3);
  for (let i = 0; i < planes; i++) {
    add(of.planePoints, i * 3);
    add(of.planeNormals, i * 3);
  }
  for (let i = 0; i < 2 * lightCount; i++) add(lights, i * 3);
  return shapes;
}

function nodesOf({ boxes, second, first, count }: Bvh): ArrayBuffer {
  const bytes = new ArrayBuffer(second.length * NODE_WORDS * 4);
  const [floats, words] = [new Float32Array(bytes), new Uint32Array(bytes)];
  for (let node = 0; node < second.length; node++) {
    const at = node * NODE_WORDS;
    for (let axis = 0; axis < 3; axis++) {
      const low = boxes[node * BOX + axis] ?? 0;
      const high = boxes[node * BOX + 3 + axis] ?? 0;
      floats[at + axis] = low - Math.abs(low) * ROUNDED;
      floats[at + 4 + axis] = high + Math.abs(high) * ROUNDED;
    }
    words[at + 3] = second[node] ?? 0;
    // A leaf has four primitives at most.
    words[at + 7] = (first[node] ?? 0) * 8 + (count[node] ?? 0);
  }
  return bytes;
}

import type { PackedResult, PackedTask } from '../../../shared/tasks/definition.ts';
import { BOX, type Bvh, buildBvh, MAX_DEPTH } from '../../../shared/tasks/raytracing/bvh.ts';
import { TRACING, tooManyTests } from '../../../shared/tasks/raytracing/intersector.ts';
import { Camera, type View } from '../../../shared/tasks/raytracing/render.ts';
import { boxesOf, type Geometry, geometryOf, LIGHT, readScene } from '../../../shared/tasks/raytracing/scene.ts';
import { SHADING } from '../../../shared/tasks/raytracing/tracer.ts';
import type { RaytracingParams } from '../../../shared/tasks/raytracing.ts';
import code from '../kernels/raytracing.wgsl?raw';
import { runInSlices, type TimeSlot } from '../schedule.ts';
import { type Allocated, allocate, readBuffer } from './gpu-buffers.ts';
import { MAX_BAND_PIXELS, type RayBand, RayBands, type Rendered, WORKGROUP } from './ray-bands.ts';

/** Constants that the kernel shares with the reference. */
const CONSTANTS = `const MAX_DEPTH = ${MAX_DEPTH};
const MAX_BOUNCES = ${SHADING.maxBounces}u;
const AMBIENT = ${SHADING.ambient};
const LEAST_WEIGHT = ${SHADING.leastWeight};
const SURFACE_OFFSET = ${SHADING.surfaceOffset};
const MAX_TESTS = ${TRACING.maxTestsPerSample}u;
`;

/** The buffers of one picture. */
interface Buffers {
  view: GPUBuffer;
  scene: GPUBuffer[];
  pixels: GPUBuffer;
  sums: GPUBuffer;
  progress: GPUBuffer;
  progressReadback: GPUBuffer;
  readback: GPUBuffer;
}

/** `raytracing` on a WebGPU device that it does not own. */
export class WgslRayTracer {
  readonly #device: GPUDevice;
  readonly #now: () => number;
  #pipeline: Promise<GPUComputePipeline> | null = null;

  constructor(device: GPUDevice, now: () => number) {
    this.#device = device;
    this.#now = now;
  }

  /**
   * Renders a long picture in bands of a few milliseconds, of some pixels or some of their samples, and yields to frames between them. Throws
   * MeshError `device-lost`, `too-large`, `cancelled`.
   */
  async run({ params, attachments }: PackedTask<RaytracingParams>, slot: TimeSlot): Promise<PackedResult> {
    const geometry = geometryOf(readScene(attachments));
    const bvh = await runInSlices(buildBvh(boxesOf(geometry)), this.#now, () => slot.yieldNow());
    const { shapes, materials, nodes, order } = raySceneBytes(geometry, bvh);
    const pipeline = await this.#compiled();
    const count = params.tile.width * params.tile.height;
    const { buffers, destroy } = await this.#allocate([shapes, materials, nodes, order], count);
    try {
      const group = this.#bind(pipeline, buffers);
      const bands = new RayBands(count, params.samplesPerPixel);
      for (let band = bands.next; band; ) {
        this.#device.queue.writeBuffer(buffers.view, 0, viewBytes(params, geometry, band));
        const startMs = this.#now();
        this.#render(pipeline, group, buffers, band);
        bands.rendered(band, await this.#readProgress(buffers), this.#now() - startMs);
        band = bands.next;
        if (band) await slot.yieldNow();
      }
      return { value: null, attachments: [await this.#read(buffers, count * 4)] };
    } finally {
      destroy();
    }
  }

  #compiled(): Promise<GPUComputePipeline> {
    const label = 'raytracing';
    this.#pipeline ??= this.#device.createComputePipelineAsync({
      label,
      layout: 'auto',
      compute: { module: this.#device.createShaderModule({ label, code: CONSTANTS + code }), entryPoint: 'main' },
    });
    return this.#pipeline;
  }

  #allocate(
    scene: (ArrayBuffer | Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>)[],
    pixels: number,
  ): Promise<Allocated<Buffers>> {
    const device = this.#device;
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
    return allocate(device, 'the scene', (buffer) => ({
      view: buffer('view', VIEW_BYTES, UNIFORM | COPY_DST),
      scene: scene.map((bytes) => {
        // A binding must not be empty, and holds whole elements.
        const made = buffer('scene', Math.max(EMPTY_BYTES, bytes.byteLength), STORAGE | COPY_DST);
        device.queue.writeBuffer(made, 0, bytes);
        return made;
      }),
      pixels: buffer('pixels', pixels * 4, STORAGE | COPY_SRC),
      sums: buffer('sums', Math.min(pixels, MAX_BAND_PIXELS) * SUM_BYTES, STORAGE | COPY_DST),
      progress: buffer('progress', PROGRESS_BYTES, STORAGE | COPY_DST | COPY_SRC),
      progressReadback: buffer('progress readback', PROGRESS_BYTES, MAP_READ | COPY_DST),
      readback: buffer('readback', pixels * 4, MAP_READ | COPY_DST),
    }));
  }

  #bind(pipeline: GPUComputePipeline, { view, scene, pixels, sums, progress }: Buffers): GPUBindGroup {
    const entries = [view, ...scene, pixels, sums, progress].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    }));
    return this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  }

  #render(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    { sums, progress, progressReadback }: Buffers,
    { fromPixel, toPixel, isBegun }: RayBand,
  ): void {
    const encoder = this.#device.createCommandEncoder();
    if (!isBegun) encoder.clearBuffer(sums, 0, (toPixel - fromPixel) * SUM_BYTES);
    encoder.clearBuffer(progress);
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil((toPixel - fromPixel) / WORKGROUP));
    pass.end();
    encoder.copyBufferToBuffer(progress, 0, progressReadback, 0, PROGRESS_BYTES);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Waits for the dispatch. Throws MeshError `device-lost`; `too-large` where one sample takes more tests than any may. */
  async #readProgress({ progressReadback }: Buffers): Promise<Rendered> {
    const [tests = 0, unfinished, tooMany] = new Uint32Array(await readBuffer(progressReadback));
    if (tooMany !== 0) throw tooManyTests();
    return { tests, isFinished: unfinished === 0 };
  }

  async #read({ pixels, readback }: Buffers, sizeBytes: number): Promise<Uint8Array> {
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(pixels, 0, readback, 0, sizeBytes);
    this.#device.queue.submit([encoder.finish()]);
    return new Uint8Array(await readBuffer(readback));
  }
}

/** Bytes of a node, the largest element. */
const EMPTY_BYTES = 32;
/** Bytes of the kernel's structs `View` and `Progress`, and of an element of its sums. */
const VIEW_BYTES = 128;
const PROGRESS_BYTES = 16;
const SUM_BYTES = 16;

/** The scene in the layout of `raytracing.wgsl`, in the order of its bindings from 1 on; 0 is the view. */
export interface RaySceneBytes {
  shapes: Float32Array<ArrayBuffer>;
  materials: Float32Array<ArrayBuffer>;
  nodes: ArrayBuffer;
  order: Uint32Array<ArrayBuffer>;
}

const VEC4 = 4;
const NODE_WORDS = 8;
/** Words of the kernel's struct `View`. */
const VIEW_WORDS = VIEW_BYTES / 4;
/** Boxes are enlarged by this share, which is more than rounding to single precision may have shrunk them. */
const ROUNDED = 2 ** -22;

export function raySceneBytes(geometry: Geometry, bvh: Bvh): RaySceneBytes {
  return {
    shapes: shapesOf(geometry),
    materials: Float32Array.from(geometry.materials),
    nodes: nodesOf(bvh),
    order: Uint32Array.from(bvh.order),
  };
}

function viewBytes(view: View, geometry: Geometry, band: RayBand): ArrayBuffer {
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
  const { fromPixel, toPixel, toSample, budget } = band;
  words.set([tile.x, tile.y, tile.width, geometry.lights.length / LIGHT, fromPixel, toPixel, toSample, budget], 22);
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
    // A leaf has at most four primitives.
    words[at + 7] = (first[node] ?? 0) * 8 + (count[node] ?? 0);
  }
  return bytes;
}

import type { PackedResult, PackedTask } from '../../../shared/tasks/definition.ts';
import { buildBvh, MAX_DEPTH } from '../../../shared/tasks/raytracing/bvh.ts';
import { boxesOf, geometryOf, readScene } from '../../../shared/tasks/raytracing/scene.ts';
import { SHADING } from '../../../shared/tasks/raytracing/tracer.ts';
import type { RaytracingParams } from '../../../shared/tasks/raytracing.ts';
import { inSlices } from '../in-slices.ts';
import code from '../kernels/raytracing.wgsl?raw';
import type { Turn } from '../schedule.ts';
import { COMPUTE } from '../tuning.ts';
import { type Allocated, allocate } from './allocate.ts';
import { deviceLost } from './device-lost.ts';
import { raySceneBytes, viewBytes } from './ray-scene.ts';
import { readBuffer } from './read-buffer.ts';

const WORKGROUP = 64;
/** Every device takes so many workgroups in a row (WebGPU specification, `maxComputeWorkgroupsPerDimension`). */
const MAX_WORKGROUPS = 65_535;

/** What the kernel and the reference must agree on. */
const CONSTANTS = `const MAX_DEPTH = ${MAX_DEPTH};
const MAX_BOUNCES = ${SHADING.maxBounces}u;
const AMBIENT = ${SHADING.ambient};
const LEAST_WEIGHT = ${SHADING.leastWeight};
const SURFACE_OFFSET = ${SHADING.surfaceOffset};
`;

/** The buffers of one picture. */
interface Buffers {
  view: GPUBuffer;
  scene: GPUBuffer[];
  pixels: GPUBuffer;
  readback: GPUBuffer;
}

/** `raytracing` on a WebGPU device, which stays its owner's. */
export class WgslRayTracer {
  readonly #device: GPUDevice;
  readonly #now: () => number;
  #pipeline: Promise<GPUComputePipeline> | null = null;

  constructor(device: GPUDevice, now: () => number) {
    this.#device = device;
    this.#now = now;
  }

  /**
   * A long picture goes in bands of a few milliseconds, and lets frames go between them. Throws MeshError `device-lost`, `too-large`,
   * `cancelled`.
   */
  async run({ params, attachments }: PackedTask<RaytracingParams>, turn: Turn): Promise<PackedResult> {
    const geometry = geometryOf(readScene(attachments));
    const bvh = await inSlices(buildBvh(boxesOf(geometry)), this.#now, () => turn.giveWay());
    const { shapes, materials, nodes, order } = raySceneBytes(geometry, bvh);
    const pipeline = await this.#compiled();
    const count = params.tile.width * params.tile.height;
    const { buffers, destroy } = await this.#allocate([shapes, materials, nodes, order], count * 4);
    try {
      const group = this.#bind(pipeline, buffers);
      for (let from = 0, size = this.#firstBand(params); from < count; ) {
        const to = Math.min(count, from + size);
        this.#device.queue.writeBuffer(buffers.view, 0, viewBytes(params, geometry, from, to));
        const startMs = this.#now();
        this.#paint(pipeline, group, to - from);
        await this.#device.queue.onSubmittedWorkDone().catch((cause: unknown) => {
          throw deviceLost(cause);
        });
        // Towards a slice's time, never by leaps: rows of sky say little of the mesh below them.
        const ratio = COMPUTE.sliceMs / Math.max(this.#now() - startMs, COMPUTE.leastProbeMs);
        size = whole(size * Math.min(2, Math.max(0.25, ratio)));
        from = to;
        if (from < count) await turn.giveWay();
      }
      return { value: null, attachments: [await this.#read(buffers, count * 4)] };
    } finally {
      destroy();
    }
  }

  #compiled(): Promise<GPUComputePipeline> {
    const label = 'raytracing';
    this.#pipeline ??= this.#device.createComputePipelineAsync({
      ...{ label, layout: 'auto' },
      compute: { module: this.#device.createShaderModule({ label, code: CONSTANTS + code }), entryPoint: 'main' },
    });
    return this.#pipeline;
  }

  #firstBand({ samplesPerPixel }: RaytracingParams): number {
    return whole(COMPUTE.firstBandSamples / samplesPerPixel);
  }

  #allocate(
    scene: (ArrayBuffer | Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>)[],
    sizeBytes: number,
  ): Promise<Allocated<Buffers>> {
    const device = this.#device;
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
    return allocate(device, 'the scene', (buffer) => ({
      view: buffer('view', VIEW_BYTES, UNIFORM | COPY_DST),
      scene: scene.map((bytes) => {
        // A binding is never empty, and holds whole elements.
        const made = buffer('scene', Math.max(EMPTY_BYTES, bytes.byteLength), STORAGE | COPY_DST);
        device.queue.writeBuffer(made, 0, bytes);
        return made;
      }),
      pixels: buffer('pixels', sizeBytes, STORAGE | COPY_SRC),
      readback: buffer('readback', sizeBytes, MAP_READ | COPY_DST),
    }));
  }

  #bind(pipeline: GPUComputePipeline, { view, scene, pixels }: Buffers): GPUBindGroup {
    const entries = [view, ...scene, pixels].map((buffer, binding) => ({ binding, resource: { buffer } }));
    return this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  }

  #paint(pipeline: GPUComputePipeline, group: GPUBindGroup, pixels: number): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil(pixels / WORKGROUP));
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  async #read({ pixels, readback }: Buffers, sizeBytes: number): Promise<Uint8Array> {
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(pixels, 0, readback, 0, sizeBytes);
    this.#device.queue.submit([encoder.finish()]);
    return new Uint8Array(await readBuffer(readback));
  }
}

/** A node, the largest element. */
const EMPTY_BYTES = 32;
/** Of the kernel's `View`. */
const VIEW_BYTES = 112;

/** Workgroups that are full, as many as one dispatch may have. */
function whole(pixels: number): number {
  return Math.min(MAX_WORKGROUPS, Math.max(1, Math.round(pixels / WORKGROUP))) * WORKGROUP;
}

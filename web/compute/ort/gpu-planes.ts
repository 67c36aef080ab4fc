import { MeshError } from '../../../shared/errors.ts';
import type { NetworkShape } from '../models/manifest.ts';
import { ReadbackRing } from '../wgsl/gpu-buffers.ts';
import { deviceLost } from '../wgsl/gpu-device.ts';
import { type Band, bandsOf } from './bands.ts';
import code from './planes.wgsl?raw';

/** Element type of the tensors on the GPU. */
export type ValueType = 'float32' | 'float16';

const SIDE = 8;
const VALUE_BYTES: Record<ValueType, number> = { float32: 4, float16: 2 };

/** The passes before and after a network's run, compiled for one device. */
export class PlanePasses {
  readonly device: GPUDevice;
  readonly type: ValueType;
  readonly toPlanes: GPUComputePipeline;
  readonly fromPlanes: GPUComputePipeline;

  private constructor(
    device: GPUDevice,
    type: ValueType,
    toPlanes: GPUComputePipeline,
    fromPlanes: GPUComputePipeline,
  ) {
    this.device = device;
    this.type = type;
    this.toPlanes = toPlanes;
    this.fromPlanes = fromPlanes;
  }

  static async create(device: GPUDevice, type: ValueType): Promise<PlanePasses> {
    const prefix = type === 'float16' ? 'enable f16;\nalias value = f16;\n' : 'alias value = f32;\n';
    const module = device.createShaderModule({ label: 'planes', code: prefix + code });
    const make = (entryPoint: string) =>
      device.createComputePipelineAsync({ label: entryPoint, layout: 'auto', compute: { module, entryPoint } });
    const [toPlanes, fromPlanes] = await Promise.all([make('to_planes'), make('from_planes')]);
    return new PlanePasses(device, type, toPlanes, fromPlanes);
  }
}

export interface GpuBand {
  width: number;
  height: number;
  toPlanes: GPUBindGroup;
  fromPlanes: GPUBindGroup;
  keptRows: number;
}

/** The buffers for pictures of one size through one network. Allocated once and used for one picture after another. */
export class GpuPlanes {
  readonly bands: readonly GpuBand[];
  readonly source: GPUBuffer;
  /** Input and output of the network, large enough for every band. */
  readonly input: GPUBuffer;
  readonly output: GPUBuffer;
  readonly ring: ReadbackRing;
  readonly sizeBytes: number;
  readonly #passes: PlanePasses;
  readonly #result: GPUBuffer;
  readonly #buffers: GPUBuffer[] = [];
  readonly #outWidth: number;

  private constructor(passes: PlanePasses, size: { width: number; height: number }, bands: Band[]) {
    const { width, height } = size;
    const pixels = width * height;
    this.#passes = passes;
    this.#outWidth = width * 2;
    const largest = width * Math.max(...bands.map(({ from, to }) => to - from));
    const valueBytes = VALUE_BYTES[passes.type];
    const { STORAGE, COPY_DST, COPY_SRC, UNIFORM } = GPUBufferUsage;
    this.source = this.#buffer('source', pixels * 4, STORAGE | COPY_DST);
    this.input = this.#buffer('planes', largest * 3 * valueBytes, STORAGE | COPY_SRC | COPY_DST);
    this.output = this.#buffer('sharp planes', largest * 12 * valueBytes, STORAGE | COPY_SRC | COPY_DST);
    this.#result = this.#buffer('result', pixels * 16, STORAGE | COPY_SRC);
    // As a single row: then rows need no alignment.
    this.ring = new ReadbackRing(passes.device, pixels * 4, 1);
    this.bands = bands.map(({ from, to, first, last }) => {
      const uniform = this.#buffer('band', 32, UNIFORM | COPY_DST);
      const values = new Int32Array([width, height, from, to, first, last]);
      passes.device.queue.writeBuffer(uniform, 0, values);
      return {
        width,
        height: to - from,
        keptRows: last - first,
        toPlanes: this.#bindGroup(passes.toPlanes, [uniform, this.input, this.source]),
        fromPlanes: this.#bindGroup(passes.fromPlanes, [uniform, this.output, this.#result]),
      };
    });
    this.sizeBytes = this.#buffers.reduce((sum, { size: bytes }) => sum + bytes, pixels * 16);
  }

  /** Throws MeshError `too-large` when the GPU has no memory for it. */
  static async create(
    passes: PlanePasses,
    size: { width: number; height: number },
    network: NetworkShape,
    bandPixels: number,
  ): Promise<GpuPlanes> {
    const { device } = passes;
    if (!planesFit(device, size)) throw noMemory(size);
    const limits = { pixels: bandPixels, tensorBytes: device.limits.maxStorageBufferBindingSize };
    const bands = bandsOf(size, network, limits);
    if (bands.length === 0) throw noMemory(size);
    device.pushErrorScope('out-of-memory');
    const planes = new GpuPlanes(passes, size, bands);
    const error = await device.popErrorScope().catch((cause: unknown) => {
      throw deviceLost(cause);
    });
    if (!error) return planes;
    planes.dispose();
    throw noMemory(size);
  }

  upload(pixels: Uint8Array): void {
    // The types exclude shared memory, which no caller has.
    this.#passes.device.queue.writeBuffer(this.source, 0, pixels as Uint8Array<ArrayBuffer>);
  }

  /** Converts a band of the source to the network's input. */
  submitInput({ toPlanes, width, height }: GpuBand): void {
    this.#pass(this.#passes.toPlanes, toPlanes, width, height);
  }

  /** Converts the network's output to the result. */
  submitOutput({ fromPlanes, keptRows }: GpuBand): void {
    this.#pass(this.#passes.fromPlanes, fromPlanes, this.#outWidth, keptRows * 2);
  }

  copyResult(readback: GPUBuffer): void {
    const encoder = this.#passes.device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#result, 0, readback, 0, this.#result.size);
    this.#passes.device.queue.submit([encoder.finish()]);
  }

  /** Work that was submitted is still computed and read. */
  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.ring.dispose();
  }

  #pass(pipeline: GPUComputePipeline, group: GPUBindGroup, width: number, height: number): void {
    const encoder = this.#passes.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil(width / SIDE), Math.ceil(height / SIDE));
    pass.end();
    this.#passes.device.queue.submit([encoder.finish()]);
  }

  #buffer(label: string, bytes: number, usage: number): GPUBuffer {
    // onnxruntime-web binds whole blocks of 16 bytes.
    const buffer = this.#passes.device.createBuffer({ label, size: Math.ceil(bytes / 16) * 16, usage });
    this.#buffers.push(buffer);
    return buffer;
  }

  #bindGroup(pipeline: GPUComputePipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return this.#passes.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  }
}

/** Whether the device can bind a picture of this size, doubled. The tensors of a network are as small as that needs: see {@link bandsOf}. */
export function planesFit({ limits }: GPUDevice, { width, height }: { width: number; height: number }): boolean {
  return width * height * 16 <= limits.maxStorageBufferBindingSize;
}

function noMemory({ width, height }: { width: number; height: number }): MeshError {
  return new MeshError(
    'too-large',
    `This GPU has no memory to double a picture of ${width}x${height}. Close other programs, or make it smaller.`,
  );
}

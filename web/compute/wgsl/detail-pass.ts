import type { DetailCoding } from '../../../shared/detail.ts';
import type { UpscaleShape } from '../backend.ts';
import { deadZoneOf } from '../reference/detail.ts';
import { type Bindings, type Kernel, KernelDispatch, type SourceResource } from './filter-passes.ts';

/** Size of the kernel's struct `Coding`. */
const CODING_BYTES = 8;

/** The pass from a picture and its source to the codes of the detail, for pictures of one shape. */
export class DetailPass {
  readonly #dispatch: KernelDispatch;
  readonly #codes: GPUBuffer;
  readonly #coding: GPUBuffer;
  /** The same objects for each frame, so that its bind group is kept. */
  readonly #buffers: Bindings;

  /** @param strideBytes - of the codes, from row to row; a multiple of 4. */
  constructor(
    device: GPUDevice,
    kernel: Kernel,
    { outWidth, outHeight }: Pick<UpscaleShape, 'outWidth' | 'outHeight'>,
    coding: DetailCoding,
    strideBytes: number,
  ) {
    this.#dispatch = new KernelDispatch(device, kernel, { width: outWidth, height: outHeight });
    const { STORAGE, COPY_SRC, UNIFORM, COPY_DST } = GPUBufferUsage;
    this.#codes = device.createBuffer({ label: 'codes', size: strideBytes * outHeight, usage: STORAGE | COPY_SRC });
    this.#coding = device.createBuffer({ label: 'coding', size: CODING_BYTES, usage: UNIFORM | COPY_DST });
    device.queue.writeBuffer(this.#coding, 0, Float32Array.of(coding.gain, deadZoneOf(coding)));
    this.#buffers = { 3: { buffer: this.#codes }, 4: { buffer: this.#coding } };
  }

  get sizeBytes(): number {
    return this.#codes.size;
  }

  encode(pass: GPUComputePassEncoder, source: SourceResource, sharp: GPUTextureView): void {
    this.#dispatch.encode(pass, { ...this.#buffers, 0: source, 2: sharp });
  }

  /** Encodes a copy of the codes after the pass. */
  encodeCopy(encoder: GPUCommandEncoder, readback: GPUBuffer): void {
    encoder.copyBufferToBuffer(this.#codes, 0, readback, 0, this.#codes.size);
  }

  /** Work that was submitted is still computed. */
  dispose(): void {
    this.#codes.destroy();
    this.#coding.destroy();
  }
}

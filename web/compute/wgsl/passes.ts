import type { UpscaleShape } from '../backend.ts';
import { type Kernel, Step } from './step.ts';

export type SourceResource = GPUTextureView | GPUExternalTexture;

/** All that happens on the GPU between a source and its result, with the textures in between; for pictures of one shape. */
export interface Passes {
  /** Of the textures in between. */
  readonly sizeBytes: number;
  encode(pass: GPUComputePassEncoder, source: SourceResource, result: GPUTextureView): void;
  /** What was submitted is still computed. */
  dispose(): void;
}

export class FilterPasses implements Passes {
  readonly sizeBytes = 0;
  readonly #step: Step;

  constructor(device: GPUDevice, kernel: Kernel, { outWidth, outHeight }: UpscaleShape) {
    this.#step = new Step(device, kernel, { width: outWidth, height: outHeight });
  }

  encode(pass: GPUComputePassEncoder, source: SourceResource, result: GPUTextureView): void {
    this.#step.encode(pass, { 0: source, 1: result });
  }

  dispose(): void {
    // It has no textures of its own.
  }
}

import type { Filter } from '../../../shared/tasks/upscale.ts';
import type { UpscaleShape } from '../backend.ts';
import bicubic from '../kernels/bicubic.wgsl?raw';
import bilinear from '../kernels/bilinear.wgsl?raw';
import detail from '../kernels/detail.wgsl?raw';
import resultCode from '../kernels/result.wgsl?raw';
import sampling from '../kernels/sampling.wgsl?raw';
import sourceCode from '../kernels/source.wgsl?raw';
import spatial from '../kernels/spatial.wgsl?raw';

/** A compiled kernel. */
export interface Kernel {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** Pixels of the result that a workgroup computes, across and down. */
  workgroup: readonly [number, number];
}

/** By binding number. */
export type Bindings = Readonly<Record<number, GPUBindingResource>>;

/** One kernel over one picture size. Its last bind group is kept, because pictures of the same shape use the same textures. */
export class KernelDispatch {
  readonly #device: GPUDevice;
  readonly #kernel: Kernel;
  readonly #workgroups: readonly [number, number];
  #bound: { bindings: Bindings; group: GPUBindGroup } | null = null;

  /** @param size - of the result, pixels. */
  constructor(device: GPUDevice, kernel: Kernel, size: { width: number; height: number }) {
    this.#device = device;
    this.#kernel = kernel;
    const [across, down] = kernel.workgroup;
    this.#workgroups = [Math.ceil(size.width / across), Math.ceil(size.height / down)];
  }

  encode(pass: GPUComputePassEncoder, bindings: Bindings): void {
    pass.setPipeline(this.#kernel.pipeline);
    pass.setBindGroup(0, this.#group(bindings));
    pass.dispatchWorkgroups(...this.#workgroups);
  }

  #group(bindings: Bindings): GPUBindGroup {
    const entries = Object.entries(bindings).map(([binding, resource]) => ({ binding: Number(binding), resource }));
    if (this.#bound && entries.every(({ binding, resource }) => this.#bound?.bindings[binding] === resource)) {
      return this.#bound.group;
    }
    const group = this.#device.createBindGroup({ layout: this.#kernel.layout, entries });
    this.#bound = { bindings, group };
    return group;
  }
}

export type SourceResource = GPUTextureView | GPUExternalTexture;

/** The passes on the GPU from a source to its result and the textures in between, for pictures of one shape. */
export interface Passes {
  /** Bytes of the textures in between. */
  readonly sizeBytes: number;
  encode(pass: GPUComputePassEncoder, source: SourceResource, result: GPUTextureView): void;
  /** Work that was submitted is still computed. */
  dispose(): void;
}

export class FilterPasses implements Passes {
  readonly sizeBytes = 0;
  readonly #dispatch: KernelDispatch;

  constructor(device: GPUDevice, kernel: Kernel, { outWidth, outHeight }: UpscaleShape) {
    this.#dispatch = new KernelDispatch(device, kernel, { width: outWidth, height: outHeight });
  }

  encode(pass: GPUComputePassEncoder, source: SourceResource, result: GPUTextureView): void {
    this.#dispatch.encode(pass, { 0: source, 1: result });
  }

  dispose(): void {
    // It owns no textures.
  }
}

/** What kernels read: our own texture, or a VideoFrame imported without a copy. */
export type SourceKind = 'texture' | 'external';

/** A filter, or the pass that subtracts `bicubic` from a picture. */
type KernelName = Filter | 'detail';

interface FilterCode {
  code: string;
  entryPoint: 'main' | 'detail';
  /** Output pixels along each side of a workgroup. */
  side: number;
}

const KERNELS: Record<KernelName, FilterCode> = {
  bilinear: { code: bilinear, entryPoint: 'main', side: 8 },
  bicubic: { code: bicubic, entryPoint: 'main', side: 16 },
  spatial: { code: spatial, entryPoint: 'main', side: 16 },
  detail: { code: bicubic + detail, entryPoint: 'detail', side: 16 },
};

/** Goes before `source.wgsl`. Our textures have straight alpha; an imported frame is premultiplied (WebGPU specification, `GPUExternalTexture`). */
export const SOURCES: Record<SourceKind, string> = {
  texture: `alias source_texture = texture_2d<f32>;
fn premultiplied_at(position: vec2i) -> vec4f {
  let texel = textureLoad(source, position, 0);
  return vec4f(texel.rgb * texel.a, texel.a);
}\n`,
  external: `alias source_texture = texture_external;
fn premultiplied_at(position: vec2i) -> vec4f { return textureLoad(source, position); }\n`,
};

/** The compiled filters of one device. Each is compiled when it is first needed and kept. */
export class FilterPipelines {
  readonly #device: GPUDevice;
  readonly #made = new Map<string, Promise<Kernel>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get(name: KernelName, source: SourceKind): Promise<Kernel> {
    const key = `${name} ${source}`;
    const made = this.#made.get(key) ?? this.#make(name, source);
    this.#made.set(key, made);
    return made;
  }

  async #make(name: KernelName, source: SourceKind): Promise<Kernel> {
    const { code, entryPoint, side } = KERNELS[name];
    const label = `upscale ${name} from ${source}`;
    const module = this.#device.createShaderModule({
      label,
      code: SOURCES[source] + sourceCode + resultCode + sampling + code,
    });
    const pipeline = await this.#device.createComputePipelineAsync({
      label,
      layout: 'auto',
      compute: { module, entryPoint },
    });
    return { pipeline, layout: pipeline.getBindGroupLayout(0), workgroup: [side, side] };
  }
}

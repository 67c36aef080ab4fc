import type { Filter } from '../../../shared/tasks/upscale.ts';
import bilinear from '../kernels/bilinear.wgsl?raw';
import resultCode from '../kernels/result.wgsl?raw';
import sampling from '../kernels/sampling.wgsl?raw';
import sourceCode from '../kernels/source.wgsl?raw';
import spatial from '../kernels/spatial.wgsl?raw';
import type { Kernel } from './step.ts';

/** What the kernels read from: our own texture, or a VideoFrame imported as it lies in the GPU's memory. */
export type SourceKind = 'texture' | 'external';

interface FilterCode {
  code: string;
  /** Output pixels of a workgroup, per side. */
  side: number;
}

const KERNELS: Record<Filter, FilterCode> = {
  bilinear: { code: bilinear, side: 8 },
  spatial: { code: spatial, side: 16 },
};

/** Put before `source.wgsl`. */
export const SOURCES: Record<SourceKind, string> = {
  texture: `alias source_texture = texture_2d<f32>;
fn read_texel(position: vec2i) -> vec4f { return textureLoad(source, position, 0); }\n`,
  external: `alias source_texture = texture_external;
fn read_texel(position: vec2i) -> vec4f { return textureLoad(source, position); }\n`,
};

/** The compiled filters of one device, each compiled when it is first needed and kept. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #made = new Map<string, Promise<Kernel>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get(quality: Filter, source: SourceKind): Promise<Kernel> {
    const key = `${quality} ${source}`;
    const made = this.#made.get(key) ?? this.#make(quality, source);
    this.#made.set(key, made);
    return made;
  }

  async #make(quality: Filter, source: SourceKind): Promise<Kernel> {
    const { code, side } = KERNELS[quality];
    const label = `upscale ${quality} from ${source}`;
    const module = this.#device.createShaderModule({
      label,
      code: SOURCES[source] + sourceCode + resultCode + sampling + code,
    });
    const pipeline = await this.#device.createComputePipelineAsync({
      label,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    return { pipeline, layout: pipeline.getBindGroupLayout(0), workgroup: [side, side] };
  }
}

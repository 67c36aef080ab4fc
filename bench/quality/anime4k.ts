import * as library from 'anime4k-webgpu';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { readBuffer } from '../../web/compute/wgsl/gpu-buffers.ts';

/**
 * Weights and biases of the networks that double a picture, counted in the shaders of anime4k-webgpu 1.0.0. The zeros that pad the
 * three colours of a first layer to four are left out.
 */
export const ANIME4K_PARAMETERS = { CNNx2M: 2_092, CNNx2VL: 8_540, CNNx2UL: 17_412 };
const NAMES = Object.keys(ANIME4K_PARAMETERS) as (keyof typeof ANIME4K_PARAMETERS)[];
/** Node, where the package is not bundled, has all its exports under `default`. */
const classes: typeof library = 'default' in library ? (library.default as typeof library) : library;

/** The networks of the npm package anime4k-webgpu that double a picture, as its users run them. */
export function anime4kPipelines(device: GPUDevice, inputTexture: GPUTexture) {
  return NAMES.map((name) => {
    return { name, parameters: ANIME4K_PARAMETERS[name], pipeline: new classes[name]({ device, inputTexture }) };
  });
}

/** The pipelines' output texture cannot be copied, only read. */
const READ = `
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> pixels: array<u32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let size = textureDimensions(picture);
  if (any(at.xy >= size)) { return; }
  pixels[at.y * size.x + at.x] = pack4x8unorm(textureLoad(picture, at.xy, 0));
}`;

/** Runs anime4k-webgpu's networks on pictures. */
export class Anime4kRunner {
  readonly #device: GPUDevice;
  readonly #read: GPUComputePipeline;
  /** For pictures of the size of the last one. */
  #sized: ReturnType<typeof resourcesFor> | null = null;

  private constructor(device: GPUDevice) {
    this.#device = device;
    const module = device.createShaderModule({ code: READ });
    this.#read = device.createComputePipeline({ layout: 'auto', compute: { module } });
  }

  /** Null where there is no WebGPU. */
  static async open(): Promise<Anime4kRunner | null> {
    const adapter = await navigator.gpu?.requestAdapter();
    return adapter ? new Anime4kRunner(await adapter.requestDevice()) : null;
  }

  /** @returns the doubled picture by network */
  async run({ width, height, data }: PixelImage): Promise<Record<string, PixelImage>> {
    const device = this.#device;
    // Pictures of all games of a folder need not be of one size. Those of a game follow one another.
    if (this.#sized?.input.width !== width || this.#sized.input.height !== height)
      this.#sized = resourcesFor(device, width, height);
    const { input, pipelines, pixels, readback } = this.#sized;
    const doubled: Record<string, PixelImage> = {};
    device.queue.writeTexture({ texture: input }, Uint8Array.from(data), { bytesPerRow: width * 4 }, [width, height]);
    for (const { name, pipeline } of pipelines) {
      const encoder = device.createCommandEncoder();
      pipeline.pass(encoder);
      const pass = encoder.beginComputePass();
      const entries = [
        { binding: 0, resource: pipeline.getOutputTexture().createView() },
        { binding: 1, resource: { buffer: pixels } },
      ];
      pass.setPipeline(this.#read);
      pass.setBindGroup(0, device.createBindGroup({ layout: this.#read.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(Math.ceil(width / 4), Math.ceil(height / 4));
      pass.end();
      encoder.copyBufferToBuffer(pixels, 0, readback, 0, pixels.size);
      device.queue.submit([encoder.finish()]);
      doubled[name] = { width: width * 2, height: height * 2, data: new Uint8ClampedArray(await readBuffer(readback)) };
    }
    return doubled;
  }

  dispose(): void {
    this.#device.destroy();
  }
}

/** They go with their device. */
function resourcesFor(device: GPUDevice, width: number, height: number) {
  const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
  const input = device.createTexture({ size: [width, height], format: 'rgba8unorm', usage });
  const size = width * height * 4 * 4;
  return {
    input,
    pipelines: anime4kPipelines(device, input),
    pixels: device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC }),
    readback: device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
  };
}

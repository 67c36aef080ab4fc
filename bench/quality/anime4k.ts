import * as library from 'anime4k-webgpu';
import type { PixelImage } from '../../shared/tasks/definition.ts';

/**
 * Weights and biases of the networks that double a picture, counted in the shaders of anime4k-webgpu 1.0.0. The zeros that pad the
 * three colours of a first layer to four are left out.
 */
const PARAMETERS = { CNNx2M: 2_092, CNNx2VL: 8_540, CNNx2UL: 17_412 };
const NAMES = Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[];
/** Node, where the package is not bundled, has all its exports under `default`. */
const classes: typeof library = 'default' in library ? (library.default as typeof library) : library;

/** The networks of the npm package anime4k-webgpu that double a picture, as its users run them. */
export function anime4kPipelines(device: GPUDevice, inputTexture: GPUTexture) {
  return NAMES.map((name) => {
    return { name, parameters: PARAMETERS[name], pipeline: new classes[name]({ device, inputTexture }) };
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

/** Runs anime4k-webgpu's networks on pictures of one size. */
export class Anime4kRunner {
  readonly #device: GPUDevice;
  readonly #input: GPUTexture;
  readonly #pixels: GPUBuffer;
  readonly #readback: GPUBuffer;
  readonly #read: GPUComputePipeline;
  readonly #pipelines: ReturnType<typeof anime4kPipelines>;

  private constructor(device: GPUDevice, width: number, height: number) {
    this.#device = device;
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
    this.#input = device.createTexture({ size: [width, height], format: 'rgba8unorm', usage });
    const size = width * height * 4 * 4;
    this.#pixels = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
    this.#readback = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const module = device.createShaderModule({ code: READ });
    this.#read = device.createComputePipeline({ layout: 'auto', compute: { module } });
    this.#pipelines = anime4kPipelines(device, this.#input);
  }

  /** Null where there is no WebGPU. */
  static async open(width: number, height: number): Promise<Anime4kRunner | null> {
    const adapter = await navigator.gpu?.requestAdapter();
    return adapter ? new Anime4kRunner(await adapter.requestDevice(), width, height) : null;
  }

  /** Number of parameters by network. */
  get parameters(): Record<string, number> {
    return Object.fromEntries(this.#pipelines.map(({ name, parameters }) => [name, parameters]));
  }

  /** @returns the doubled picture by network */
  async run({ width, height, data }: PixelImage): Promise<Record<string, PixelImage>> {
    const device = this.#device;
    const doubled: Record<string, PixelImage> = {};
    const layout = { bytesPerRow: width * 4 };
    device.queue.writeTexture({ texture: this.#input }, Uint8Array.from(data), layout, [width, height]);
    for (const { name, pipeline } of this.#pipelines) {
      const encoder = device.createCommandEncoder();
      pipeline.pass(encoder);
      const pass = encoder.beginComputePass();
      const entries = [
        { binding: 0, resource: pipeline.getOutputTexture().createView() },
        { binding: 1, resource: { buffer: this.#pixels } },
      ];
      pass.setPipeline(this.#read);
      pass.setBindGroup(0, device.createBindGroup({ layout: this.#read.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(Math.ceil(width / 4), Math.ceil(height / 4));
      pass.end();
      encoder.copyBufferToBuffer(this.#pixels, 0, this.#readback, 0, this.#pixels.size);
      device.queue.submit([encoder.finish()]);
      await this.#readback.mapAsync(GPUMapMode.READ);
      const pixels = new Uint8ClampedArray(this.#readback.getMappedRange()).slice();
      this.#readback.unmap();
      doubled[name] = { width: width * 2, height: height * 2, data: pixels };
    }
    return doubled;
  }

  dispose(): void {
    this.#device.destroy();
  }
}

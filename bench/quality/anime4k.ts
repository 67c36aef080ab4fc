import { type Anime4KPipeline, CNNx2M, CNNx2UL, CNNx2VL } from 'anime4k-webgpu';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { weightsIn } from './anime4k-weights.ts';

const PIPELINES = { 'anime4k-M': CNNx2M, 'anime4k-VL': CNNx2VL, 'anime4k-UL': CNNx2UL };
export const ANIME4K_NAMES = Object.keys(PIPELINES);

/** Their output cannot be copied, only read. */
const READ = `
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> pixels: array<u32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let size = textureDimensions(picture);
  if (any(at.xy >= size)) { return; }
  pixels[at.y * size.x + at.x] = pack4x8unorm(textureLoad(picture, at.xy, 0));
}`;

interface Prepared {
  pipeline: Anime4KPipeline;
  bindings: GPUBindGroup;
}

/** anime4k-webgpu's own pipelines for pictures of one size. */
export class Anime4k {
  readonly #device: GPUDevice;
  readonly #input: GPUTexture;
  readonly #pixels: GPUBuffer;
  readonly #landing: GPUBuffer;
  readonly #read: GPUComputePipeline;
  readonly #prepared = new Map<string, Prepared>();
  readonly #parameters: Record<string, number> = {};

  private constructor(device: GPUDevice, width: number, height: number) {
    this.#device = device;
    const { TEXTURE_BINDING, COPY_DST } = GPUTextureUsage;
    this.#input = device.createTexture({
      size: [width, height],
      format: 'rgba8unorm',
      usage: TEXTURE_BINDING | COPY_DST,
    });
    const size = width * height * 4 * 4;
    this.#pixels = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
    this.#landing = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const module = device.createShaderModule({ code: READ });
    this.#read = device.createComputePipeline({ layout: 'auto', compute: { module } });
    for (const [name, Pipeline] of Object.entries(PIPELINES)) {
      const codes: string[] = [];
      // Their weights are in their shaders and nowhere else.
      device.createShaderModule = (descriptor) => {
        codes.push(descriptor.code);
        return GPUDevice.prototype.createShaderModule.call(device, descriptor);
      };
      const pipeline = new Pipeline({ device, inputTexture: this.#input });
      const entries = [
        { binding: 0, resource: pipeline.getOutputTexture().createView() },
        { binding: 1, resource: { buffer: this.#pixels } },
      ];
      const bindings = device.createBindGroup({ layout: this.#read.getBindGroupLayout(0), entries });
      this.#prepared.set(name, { pipeline, bindings });
      this.#parameters[name] = codes.reduce((sum, code) => sum + weightsIn(code), 0);
    }
  }

  /** Null where there is no WebGPU. */
  static async open(width: number, height: number): Promise<Anime4k | null> {
    const adapter = await navigator.gpu?.requestAdapter();
    return adapter ? new Anime4k(await adapter.requestDevice(), width, height) : null;
  }

  /** By method. */
  get parameters(): Readonly<Record<string, number>> {
    return this.#parameters;
  }

  /** By method. */
  async run({ width, height, data }: PixelImage): Promise<Record<string, PixelImage>> {
    const made: Record<string, PixelImage> = {};
    const layout = { bytesPerRow: width * 4 };
    this.#device.queue.writeTexture({ texture: this.#input }, Uint8Array.from(data), layout, [width, height]);
    for (const [name, { pipeline, bindings }] of this.#prepared) {
      const encoder = this.#device.createCommandEncoder();
      pipeline.pass(encoder);
      const pass = encoder.beginComputePass();
      pass.setPipeline(this.#read);
      pass.setBindGroup(0, bindings);
      pass.dispatchWorkgroups(Math.ceil(width / 4), Math.ceil(height / 4));
      pass.end();
      encoder.copyBufferToBuffer(this.#pixels, 0, this.#landing, 0, this.#pixels.size);
      this.#device.queue.submit([encoder.finish()]);
      await this.#landing.mapAsync(GPUMapMode.READ);
      const pixels = new Uint8ClampedArray(this.#landing.getMappedRange()).slice();
      this.#landing.unmap();
      made[name] = { width: width * 2, height: height * 2, data: pixels };
    }
    return made;
  }

  dispose(): void {
    this.#device.destroy();
  }
}

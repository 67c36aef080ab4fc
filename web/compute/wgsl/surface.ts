import { MeshError } from '../../../shared/errors.ts';
import type { UpscaleShape } from '../backend.ts';
import { requireFilter } from '../require-filter.ts';
import { deviceLost } from './device-lost.ts';
import type { Pipelines, UpscalePipeline } from './pipelines.ts';
import { ReadbackRing } from './readback-ring.ts';

/** The textures and buffers for pictures of one shape: made once, kept, and used for one after another. */
export class Surface {
  /** Written by whoever has the source's pixels. */
  readonly input: GPUTexture;
  readonly ring: ReadbackRing;
  readonly #device: GPUDevice;
  readonly #shape: UpscaleShape;
  readonly #kernel: UpscalePipeline;
  readonly #output: GPUTexture;
  readonly #bindGroup: GPUBindGroup;

  private constructor(device: GPUDevice, shape: UpscaleShape, kernel: UpscalePipeline) {
    this.#device = device;
    this.#shape = shape;
    this.#kernel = kernel;
    this.input = device.createTexture({
      label: 'source',
      size: [shape.width, shape.height],
      format: 'rgba8unorm',
      // copyExternalImageToTexture renders into it.
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
    });
    this.#output = device.createTexture({
      label: 'result',
      size: [shape.outWidth, shape.outHeight],
      format: 'rgba8unorm',
      usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_SRC,
    });
    this.ring = new ReadbackRing(device, shape.outWidth, shape.outHeight);
    this.#bindGroup = bindGroup(device, kernel, this.input.createView(), this.#output.createView());
  }

  /** Throws MeshError `too-large` when the GPU has no memory for it. */
  static async create(device: GPUDevice, pipelines: Pipelines, shape: UpscaleShape): Promise<Surface> {
    const kernel = await pipelines.get(requireFilter(shape).quality, 'texture');
    device.pushErrorScope('out-of-memory');
    const surface = new Surface(device, shape, kernel);
    const error = await device.popErrorScope().catch((cause: unknown) => {
      throw deviceLost(cause);
    });
    if (!error) return surface;
    surface.dispose();
    const { outWidth, outHeight } = shape;
    throw new MeshError(
      'too-large',
      `This GPU has no memory for a picture of ${outWidth}x${outHeight}. Close other programs, or make it smaller.`,
    );
  }

  get sizeBytes(): number {
    const { width, height, outWidth, outHeight } = this.#shape;
    return (width * height + outWidth * outHeight) * 4 + this.ring.sizeBytes;
  }

  /** Uploads straight-alpha RGBA8; the bytes are copied before it returns. */
  upload(pixels: Uint8Array<ArrayBufferLike>): void {
    const { width, height } = this.#shape;
    // The types leave out shared memory, which no caller has.
    const bytes = pixels as Uint8Array<ArrayBuffer>;
    this.#device.queue.writeTexture({ texture: this.input }, bytes, { bytesPerRow: width * 4 }, [width, height]);
  }

  /** Computes, and copies the result to `readback`. From an imported frame where one is given. */
  submit(readback: GPUBuffer, external?: { kernel: UpscalePipeline; source: GPUExternalTexture }): void {
    const encoder = this.#device.createCommandEncoder();
    const { outWidth, outHeight } = this.#shape;
    if (external) {
      const group = bindGroup(this.#device, external.kernel, external.source, this.#output.createView());
      dispatch(encoder, external.kernel, group, this.#shape);
    } else {
      dispatch(encoder, this.#kernel, this.#bindGroup, this.#shape);
    }
    encoder.copyTextureToBuffer({ texture: this.#output }, { buffer: readback, bytesPerRow: this.ring.strideBytes }, [
      outWidth,
      outHeight,
    ]);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Computes into a texture of the result's size that is not ours, such as a canvas's. */
  submitInto(target: GPUTexture, external?: { kernel: UpscalePipeline; source: GPUExternalTexture }): void {
    const kernel = external?.kernel ?? this.#kernel;
    const source = external?.source ?? this.input.createView();
    const encoder = this.#device.createCommandEncoder();
    dispatch(encoder, kernel, bindGroup(this.#device, kernel, source, target.createView()), this.#shape);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** What was submitted is still computed and read. */
  dispose(): void {
    this.input.destroy();
    this.#output.destroy();
    this.ring.dispose();
  }
}

function bindGroup(
  device: GPUDevice,
  { layout }: UpscalePipeline,
  source: GPUTextureView | GPUExternalTexture,
  result: GPUTextureView,
): GPUBindGroup {
  return device.createBindGroup({
    layout,
    entries: [
      { binding: 0, resource: source },
      { binding: 1, resource: result },
    ],
  });
}

function dispatch(
  encoder: GPUCommandEncoder,
  { pipeline, workgroupSide }: UpscalePipeline,
  group: GPUBindGroup,
  { outWidth, outHeight }: UpscaleShape,
): void {
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(Math.ceil(outWidth / workgroupSide), Math.ceil(outHeight / workgroupSide));
  pass.end();
}

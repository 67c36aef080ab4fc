import { MeshError } from '../../../shared/errors.ts';
import type { PictureShape } from '../backend.ts';
import { deviceLost } from './device-lost.ts';
import type { Passes, SourceResource } from './passes.ts';
import type { SourceKind } from './pipelines.ts';
import { ReadbackRing } from './readback-ring.ts';
import type { Recipes } from './recipes.ts';

/** The textures and buffers for pictures of one shape: made once, kept, and used for one after another. */
export class Surface {
  /** Written by whoever has the source's pixels. */
  readonly input: GPUTexture;
  readonly ring: ReadbackRing;
  readonly #device: GPUDevice;
  readonly #shape: PictureShape;
  readonly #passes: Passes;
  readonly #output: GPUTexture;
  readonly #inputView: GPUTextureView;
  readonly #outputView: GPUTextureView;

  private constructor(device: GPUDevice, shape: PictureShape, passes: Passes) {
    this.#device = device;
    this.#shape = shape;
    this.#passes = passes;
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
    this.#inputView = this.input.createView();
    this.#outputView = this.#output.createView();
  }

  /**
   * @param source what its pictures are read from: only with `texture` is the input used.
   * @throws MeshError `too-large` when the GPU has no memory for it, and what {@link Recipes.passesFor} throws.
   */
  static async create(device: GPUDevice, recipes: Recipes, shape: PictureShape, source: SourceKind): Promise<Surface> {
    const makePasses = await recipes.passesFor(shape, source);
    device.pushErrorScope('out-of-memory');
    const surface = new Surface(device, shape, makePasses());
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
    return (width * height + outWidth * outHeight) * 4 + this.ring.sizeBytes + this.#passes.sizeBytes;
  }

  /** Uploads straight-alpha RGBA8; the bytes are copied before it returns. */
  upload(pixels: Uint8Array<ArrayBufferLike>): void {
    const { width, height } = this.#shape;
    // The types leave out shared memory, which no caller has.
    const bytes = pixels as Uint8Array<ArrayBuffer>;
    this.#device.queue.writeTexture({ texture: this.input }, bytes, { bytesPerRow: width * 4 }, [width, height]);
  }

  /** Computes, and copies the result to `readback`. Of an imported frame where one is given. */
  submit(readback: GPUBuffer, external?: GPUExternalTexture): void {
    const encoder = this.#device.createCommandEncoder();
    this.#encode(encoder, external, this.#outputView);
    const { outWidth, outHeight } = this.#shape;
    encoder.copyTextureToBuffer({ texture: this.#output }, { buffer: readback, bytesPerRow: this.ring.strideBytes }, [
      outWidth,
      outHeight,
    ]);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Computes into a texture of the result's size that is not ours, such as a canvas's. */
  submitInto(target: GPUTexture, external?: GPUExternalTexture): void {
    const encoder = this.#device.createCommandEncoder();
    this.#encode(encoder, external, target.createView());
    this.#device.queue.submit([encoder.finish()]);
  }

  /** What was submitted is still computed and read. */
  dispose(): void {
    this.#passes.dispose();
    this.input.destroy();
    this.#output.destroy();
    this.ring.dispose();
  }

  #encode(encoder: GPUCommandEncoder, external: GPUExternalTexture | undefined, result: GPUTextureView): void {
    const source: SourceResource = external ?? this.#inputView;
    const pass = encoder.beginComputePass();
    this.#passes.encode(pass, source, result);
    pass.end();
  }
}

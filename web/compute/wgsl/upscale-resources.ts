import { MeshError } from '../../../shared/errors.ts';
import { isNetwork, type Network } from '../../../shared/tasks/upscale.ts';
import { filterAfter, type UpscaleShape } from '../backend.ts';
import type { ModelSource } from '../models/model-source.ts';
import type { Started } from '../schedule.ts';
import { DetailPass } from './detail-pass.ts';
import {
  FilterPasses,
  FilterPipelines,
  type Kernel,
  type Passes,
  type SourceKind,
  type SourceResource,
} from './filter-passes.ts';
import { MAX_CACHED_BYTES, ReadbackRing } from './gpu-buffers.ts';
import { deviceLost } from './gpu-device.ts';
import { GpuTimer, type TimedPass } from './gpu-timer.ts';
import { NetworkCache } from './networks/compiled-network.ts';
import { featureBytes, NetworkPasses, networkFits } from './networks/network-passes.ts';

/** Bytes of a pixel of a picture, and of detail. */
const RGBA_BYTES = 4;
const CODE_BYTES = 1;

/** Compiles what each quality needs on one device, once, and creates its passes. */
export class PassFactory {
  /** Measures the passes on this device. */
  readonly timer: GpuTimer;
  readonly #device: GPUDevice;
  readonly #pipelines: FilterPipelines;
  readonly #networks: NetworkCache;

  /** @param models - undefined: there are no networks. */
  constructor(device: GPUDevice, models?: ModelSource) {
    this.timer = new GpuTimer(device);
    this.#device = device;
    this.#pipelines = new FilterPipelines(device);
    this.#networks = new NetworkCache(device, models);
  }

  /** Loads and compiles a network. Throws as {@link ModelSource.load} does. */
  async prepare(network: Network): Promise<void> {
    await this.#networks.get(network);
  }

  /** Whether the device can double pictures of the shape; a network that was not prepared is said to. */
  fits(shape: UpscaleShape): boolean {
    const { quality } = shape;
    if (!isNetwork(quality)) return true;
    const network = this.#networks.find(quality);
    return !network || networkFits(this.#device, network, shape);
  }

  /** Bytes that a network has between its layers for pictures of the shape; 0 for filters. Throws as {@link ModelSource.load} does. */
  async featureBytes(shape: UpscaleShape): Promise<number> {
    return isNetwork(shape.quality) ? featureBytes(await this.#networks.get(shape.quality), shape) : 0;
  }

  /**
   * Compiles what a shape needs, and returns a function that creates the passes without waiting. Throws MeshError `too-large` for a shape that
   * does not fit; as {@link ModelSource.load} does.
   */
  async passesFor(shape: UpscaleShape, source: SourceKind): Promise<() => Passes> {
    const { quality } = shape;
    if (!isNetwork(quality)) {
      const kernel = await this.#pipelines.get(quality, source);
      return () => new FilterPasses(this.#device, kernel, shape);
    }
    const resizing = filterAfter(shape);
    const [network, copy, resize] = await Promise.all([
      this.#networks.get(quality),
      source === 'external' ? this.#pipelines.get('bilinear', 'external') : null,
      resizing && this.#pipelines.get(resizing, 'texture'),
    ]);
    if (!networkFits(this.#device, network, shape)) {
      const size = `${shape.width}x${shape.height}`;
      throw new MeshError(
        'too-large',
        `A picture of ${size} is too large for a network on this GPU. Make it smaller, or use 'spatial'.`,
      );
    }
    return () => new NetworkPasses(this.#device, { network, copy, resize }, shape);
  }

  /** Compiles the pass that makes detail of pictures. */
  detailKernel(source: SourceKind): Promise<Kernel> {
    return this.#pipelines.get('detail', source);
  }
}

/** The textures and buffers for pictures of one shape. Allocated once and used for one picture after another. */
export class UpscaleResources {
  /** The caller writes the source's pixels to it. */
  readonly input: GPUTexture;
  readonly ring: ReadbackRing;
  readonly #device: GPUDevice;
  readonly #shape: UpscaleShape;
  readonly #passes: Passes;
  readonly #detail: DetailPass | null;
  readonly #timer: GpuTimer;
  readonly #output: GPUTexture;
  readonly #inputView: GPUTextureView;
  readonly #outputView: GPUTextureView;

  private constructor(
    device: GPUDevice,
    shape: UpscaleShape,
    passes: Passes,
    detailKernel: Kernel | null,
    timer: GpuTimer,
  ) {
    const { outWidth, outHeight, detail } = shape;
    this.#device = device;
    this.#shape = shape;
    this.#passes = passes;
    this.#timer = timer;
    this.input = device.createTexture({
      label: 'source',
      size: [shape.width, shape.height],
      format: 'rgba8unorm',
      // copyExternalImageToTexture renders into it.
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
    });
    this.#output = device.createTexture({
      label: 'result',
      size: [outWidth, outHeight],
      format: 'rgba8unorm',
      usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_SRC,
    });
    this.ring = new ReadbackRing(device, outWidth, outHeight, detail ? CODE_BYTES : RGBA_BYTES);
    const { strideBytes } = this.ring;
    this.#detail = detail && detailKernel ? new DetailPass(device, detailKernel, shape, detail, strideBytes) : null;
    this.#inputView = this.input.createView();
    this.#outputView = this.#output.createView();
  }

  /**
   * @param source - what the pictures are read from. `input` is used only with `texture`.
   *
   * Throws MeshError `too-large` when the GPU has no memory for it; as {@link PassFactory.passesFor} does.
   */
  static async create(
    device: GPUDevice,
    passFactory: PassFactory,
    shape: UpscaleShape,
    source: SourceKind,
  ): Promise<UpscaleResources> {
    const [makePasses, detailKernel] = await Promise.all([
      passFactory.passesFor(shape, source),
      shape.detail ? passFactory.detailKernel(source) : null,
    ]);
    device.pushErrorScope('out-of-memory');
    // A GPU may support less than its limits promise.
    device.pushErrorScope('validation');
    const resources = new UpscaleResources(device, shape, makePasses(), detailKernel, passFactory.timer);
    const errors = await Promise.all([device.popErrorScope(), device.popErrorScope()]).catch((cause: unknown) => {
      throw deviceLost(cause);
    });
    if (errors.every((error) => error === null)) return resources;
    resources.dispose();
    const { outWidth, outHeight } = shape;
    throw new MeshError(
      'too-large',
      `This GPU has no memory for a picture of ${outWidth}x${outHeight}. Close other programs, or make it smaller.`,
    );
  }

  get sizeBytes(): number {
    const { width, height, outWidth, outHeight } = this.#shape;
    const picturesBytes = (width * height + outWidth * outHeight) * RGBA_BYTES;
    return picturesBytes + this.ring.sizeBytes + this.#passes.sizeBytes + (this.#detail?.sizeBytes ?? 0);
  }

  /** Uploads straight-alpha RGBA8. The bytes are copied before it returns. */
  upload(pixels: Uint8Array<ArrayBufferLike>): void {
    const { width, height } = this.#shape;
    // The types exclude shared memory, which no caller has.
    const bytes = pixels as Uint8Array<ArrayBuffer>;
    this.#device.queue.writeTexture({ texture: this.input }, bytes, { bytesPerRow: width * 4 }, [width, height]);
  }

  /**
   * Computes from the input, or from an imported frame where one is given, and copies the result to `readback`: the picture, RGBA, or the codes of
   * its detail, a byte a pixel.
   */
  submit(readback: GPUBuffer, external?: GPUExternalTexture): GpuTime {
    const encoder = this.#device.createCommandEncoder();
    const timed = this.#encode(encoder, external, this.#outputView);
    if (this.#detail) this.#detail.encodeCopy(encoder, readback);
    else this.#encodeCopy(encoder, readback);
    return this.#submit(encoder, timed);
  }

  /** Computes the picture into a texture of the result's size that others own, such as a canvas's. Detail has no such way out. */
  submitInto(target: GPUTexture, external?: GPUExternalTexture): GpuTime {
    const encoder = this.#device.createCommandEncoder();
    return this.#submit(encoder, this.#encode(encoder, external, target.createView()));
  }

  /** Work that was submitted is still computed and read. */
  dispose(): void {
    this.#passes.dispose();
    this.#detail?.dispose();
    this.input.destroy();
    this.#output.destroy();
    this.ring.dispose();
  }

  #encode(
    encoder: GPUCommandEncoder,
    external: GPUExternalTexture | undefined,
    result: GPUTextureView,
  ): TimedPass | null {
    const source: SourceResource = external ?? this.#inputView;
    const timed = this.#timer.begin();
    const pass = encoder.beginComputePass(timed ? { timestampWrites: timed.timestampWrites } : {});
    this.#passes.encode(pass, source, result);
    this.#detail?.encode(pass, source, result);
    pass.end();
    timed?.encode(encoder);
    return timed;
  }

  #encodeCopy(encoder: GPUCommandEncoder, readback: GPUBuffer): void {
    const { outWidth, outHeight } = this.#shape;
    const to = { buffer: readback, bytesPerRow: this.ring.strideBytes };
    encoder.copyTextureToBuffer({ texture: this.#output }, to, [outWidth, outHeight]);
  }

  #submit(encoder: GPUCommandEncoder, timed: TimedPass | null): GpuTime {
    this.#device.queue.submit([encoder.finish()]);
    return timed ? { gpuMs: timed.read() } : {};
  }
}

/** How long the GPU computed, where it tells. */
export type GpuTime = Pick<Started<unknown>, 'gpuMs'>;

/** The resources of the shapes that tasks had. The least recently used are freed when they take too much memory. */
export class UpscaleResourcePool {
  readonly #device: GPUDevice;
  readonly #passFactory: PassFactory;
  readonly #pool = new Map<string, UpscaleResources>();

  constructor(device: GPUDevice, passFactory: PassFactory) {
    this.#device = device;
    this.#passFactory = passFactory;
  }

  /** Called by one task at a time, which has submitted its work before the next call. Throws as {@link UpscaleResources.create} does. */
  async get(shape: UpscaleShape): Promise<UpscaleResources> {
    const { width, height, outWidth, outHeight, quality } = shape;
    const key = [width, height, outWidth, outHeight, quality].join(' ');
    const kept = this.#pool.get(key);
    this.#pool.delete(key);
    this.#makeRoom();
    const resources = kept ?? (await UpscaleResources.create(this.#device, this.#passFactory, shape, 'texture'));
    this.#pool.set(key, resources);
    return resources;
  }

  dispose(): void {
    for (const resources of this.#pool.values()) resources.dispose();
    this.#pool.clear();
  }

  #makeRoom(): void {
    let sizeBytes = 0;
    // From the most to the least recently used: the ones that still fit stay.
    for (const [key, resources] of [...this.#pool].reverse()) {
      sizeBytes += resources.sizeBytes;
      if (sizeBytes <= MAX_CACHED_BYTES) continue;
      resources.dispose();
      this.#pool.delete(key);
    }
  }
}

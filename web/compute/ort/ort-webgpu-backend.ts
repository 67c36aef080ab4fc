import { MeshError } from '../../../shared/errors.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { isNetwork, type Network, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import { isOpaque } from '../../../shared/tasks/upscale-tile.ts';
import {
  type Backend,
  type BackendFrames,
  type FrameTarget,
  filterAfter,
  requireNetwork,
  restAfter,
  type UpscaleShape,
} from '../backend.ts';
import type { NetworkShape } from '../models/manifest.ts';
import type { ModelSource } from '../models/model-source.ts';
import { BLACK, compositeOver, matted, WHITE } from '../networks/backdrops.ts';
import { upscaleRows } from '../reference/upscale.ts';
import { runInSlices, type Started, type TimeSlot } from '../schedule.ts';
import { PixelFrames, type UpscalePixels } from '../video-frames.ts';
import { MAX_CACHED_BYTES } from '../wgsl/gpu-buffers.ts';
import { deviceLost } from '../wgsl/gpu-device.ts';
import { GpuPlanes, PlanePasses, planesFit, type ValueType } from './gpu-planes.ts';
import { type LoadedNetwork, NetworkSessions } from './onnx-sessions.ts';
import { gpuRuntime, gpuSession, serialized, toRunError } from './runtime.ts';

/**
 * Source pixels of which one run of onnxruntime-web gives the result: 1280x720, which is in one piece. With 32 channels of float32 its widest tensor takes 118 MB
 * of the 134 that every device may bind. A band of a wider picture reads more rows than that, and has fewer where it would exceed what the device may bind.
 */
const BAND_PIXELS = 1280 * 720;

type YieldNow = () => Promise<void>;
type Doubled = (yieldNow: YieldNow) => Promise<Uint8ClampedArray<ArrayBuffer>>;

export interface OrtWebGpuOptions {
  /** Not owned: destroy it after disposing the backend. */
  device: GPUDevice;
  models: ModelSource;
  now(): number;
  bandPixels?: number;
}

/**
 * Networks by the kernels of onnxruntime-web on our device. Bytes of pixels go in and out, and the tensors stay on the GPU. A run cannot be
 * interrupted. Half precision where the device has it.
 */
export class OrtWebGpuBackend implements Backend {
  readonly name = 'ort-webgpu';
  readonly #options: OrtWebGpuOptions;
  readonly #type: ValueType;
  readonly #sessions: NetworkSessions;
  /** By network and size, the least recently used first. */
  readonly #planes = new Map<string, GpuPlanes>();
  #passes: Promise<PlanePasses> | null = null;
  #isDisposed = false;

  constructor(options: OrtWebGpuOptions) {
    const { device, models } = options;
    this.#options = options;
    this.#type = device.features.has('shader-f16') ? 'float16' : 'float32';
    this.#sessions = new NetworkSessions({
      models,
      file: this.#type === 'float16' ? 'onnxFp16' : 'onnx',
      create: (_model, bytes) => gpuSession(device, bytes),
    });
  }

  async prepare(quality: Quality): Promise<void> {
    if (isNetwork(quality)) await this.#sessions.get(quality);
  }

  fits({ width, height }: UpscaleShape): boolean {
    return planesFit(this.#options.device, { width, height });
  }

  async startPixels(data: Uint8Array, shape: UpscaleParams, slot: TimeSlot): Promise<Started<Uint8Array<ArrayBuffer>>> {
    const { width, height } = shape;
    const image = { width, height, data };
    const yieldNow = () => slot.yieldNow();
    const { doubled } = await this.#start(image, requireNetwork(shape).quality, yieldNow);
    if (!filterAfter(shape)) {
      return { isDone: false, finish: async () => new Uint8Array((await doubled(() => restAfter(slot))).buffer) };
    }
    const out = await this.#filtered(image, shape, await doubled(yieldNow), yieldNow);
    return { isDone: true, finish: async () => new Uint8Array(out.buffer) };
  }

  openFrames(target: FrameTarget): BackendFrames {
    const { quality } = requireNetwork(target);
    const upscale: UpscalePixels = async (image, _target, yieldNow) => {
      const { doubled } = await this.#start(image, quality, yieldNow);
      return this.#filtered(image, target, await doubled(yieldNow), yieldNow);
    };
    return new PixelFrames(target, upscale, this.#options.now);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#sessions.dispose();
    for (const planes of this.#planes.values()) planes.dispose();
    this.#planes.clear();
  }

  async #filtered(
    { width, height }: PixelImage,
    target: FrameTarget,
    data: Uint8ClampedArray<ArrayBuffer>,
    yieldNow: YieldNow,
  ): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const quality = filterAfter({ ...target, width, height });
    if (!quality) return data;
    const { outWidth, outHeight } = target;
    const out = new Uint8ClampedArray(outWidth * outHeight * 4);
    const doubled = { width: width * 2, height: height * 2, data };
    await runInSlices(upscaleRows(doubled, { outWidth, outHeight, quality }, out), this.#options.now, yieldNow);
    return out;
  }

  /** Submits all work. What remains is to wait for the GPU and, for a translucent picture, to put its two results together. */
  async #start(image: PixelImage, network: Network, yieldNow: YieldNow): Promise<{ doubled: Doubled }> {
    const loaded = await this.#sessions.get(network);
    const lost = this.#options.device.lost.then(() => {
      throw deviceLost(null);
    });
    const start = (opaque: PixelImage) => Promise.race([lost, serialized(() => this.#submit(opaque, network, loaded))]);
    if (isOpaque(image)) {
      const { doubled } = await start(image);
      return { doubled: () => doubled };
    }
    const { now } = this.#options;
    const overBlack = await start(await runInSlices(compositeOver(image, BLACK), now, yieldNow));
    const overWhite = await start(await runInSlices(compositeOver(image, WHITE), now, yieldNow));
    const doubled: Doubled = async (yieldLater) => {
      const [black, white] = await Promise.all([overBlack.doubled, overWhite.doubled]);
      return runInSlices(matted(black, white, 2 * image.width), now, yieldLater);
    };
    return { doubled };
  }

  async #submit(image: PixelImage, network: Network, { session, shape }: LoadedNetwork) {
    const planes = await this.#planesFor(image, network, shape);
    const readback = await planes.ring.take();
    planes.upload(new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength));
    const { Tensor } = await gpuRuntime();
    for (const band of planes.bands) {
      planes.submitInput(band);
      const { width, height } = band;
      const source = Tensor.fromGpuBuffer(planes.input, { dataType: this.#type, dims: [1, 3, height, width] });
      const sharp = Tensor.fromGpuBuffer(planes.output, { dataType: this.#type, dims: [1, 3, 2 * height, 2 * width] });
      await session.run({ source }, { sharp }).catch((cause: unknown) => {
        throw toRunError(cause);
      });
      planes.submitOutput(band);
    }
    planes.copyResult(readback);
    const sizeBytes = image.width * image.height * 16;
    const doubled = planes.ring.read(readback, (bytes) => new Uint8ClampedArray(bytes.slice(0, sizeBytes)));
    doubled.catch(() => {
      // Whoever waits for the result gets the error.
    });
    return { doubled };
  }

  /** Called by one caller at a time. */
  async #planesFor(size: PixelImage, network: Network, shape: NetworkShape): Promise<GpuPlanes> {
    const { device, bandPixels = BAND_PIXELS } = this.#options;
    const key = `${network} ${size.width} ${size.height}`;
    const kept = this.#planes.get(key);
    this.#planes.delete(key);
    this.#makeRoom();
    this.#passes ??= PlanePasses.create(device, this.#type);
    const planes = kept ?? (await GpuPlanes.create(await this.#passes, size, shape, bandPixels));
    if (this.#isDisposed) {
      planes.dispose();
      throw MeshError.closed('The compute engine');
    }
    this.#planes.set(key, planes);
    return planes;
  }

  #makeRoom(): void {
    let sizeBytes = 0;
    // From the most to the least recently used: the ones that still fit stay.
    for (const [key, planes] of [...this.#planes].reverse()) {
      sizeBytes += planes.sizeBytes;
      if (sizeBytes <= MAX_CACHED_BYTES) continue;
      planes.dispose();
      this.#planes.delete(key);
    }
  }
}

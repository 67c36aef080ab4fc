import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { isNetwork, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import { isOpaque } from '../../../shared/tasks/upscale-tile.ts';
import {
  type Backend,
  type BackendFrames,
  type FrameImport,
  type FramePaths,
  type FrameTarget,
  filterAfter,
  restAfter,
  SAFE_FRAME_PATHS,
  type UpscaleShape,
} from '../backend.ts';
import { DetailFrameMaker } from '../detail-frames.ts';
import { type FrameTime, timeOf, uprightSize } from '../frame-orientation.ts';
import type { ModelSource } from '../models/model-source.ts';
import { BLACK, compositeOver, matted, WHITE } from '../networks/backdrops.ts';
import { copiesAtSameSize, isIdentity } from '../reference/upscale.ts';
import { runInSlices, type Started, type TimeSlot } from '../schedule.ts';
import { checkFrameShape, isPlain, makeFrame, RgbaReader } from '../video-frames.ts';
import type { SourceKind } from './filter-passes.ts';
import { CHECKED_NETWORK, framesMatchPixels } from './network-frames.ts';
import { FeatureMemory } from './networks/feature-memory.ts';
import { OutputCanvas } from './output-canvas.ts';
import { type GpuTime, PassFactory, UpscaleResourcePool, UpscaleResources } from './upscale-resources.ts';

const log = logger('compute.wgsl');

/** Our kernels on a WebGPU device. Owns the device and destroys it. */
export class WgslBackend implements Backend {
  readonly name = 'wgsl';
  /** Set by the self-test at start-up. */
  framePaths: FramePaths = SAFE_FRAME_PATHS;
  /** What lies between the layers of the streams' networks. */
  readonly featureMemory = new FeatureMemory();
  readonly now: () => number;
  readonly #device: GPUDevice;
  readonly #passFactory: PassFactory;
  readonly #pool: UpscaleResourcePool;

  /** @param models - undefined: there are no networks. */
  constructor(device: GPUDevice, models?: ModelSource, now = () => performance.now()) {
    this.now = now;
    this.#device = device;
    this.#passFactory = new PassFactory(device, models);
    this.#pool = new UpscaleResourcePool(device, this.#passFactory);
  }

  async prepare(quality: Quality): Promise<void> {
    if (!isNetwork(quality)) return;
    await this.#passFactory.prepare(quality);
    if (quality === CHECKED_NETWORK) await this.#checkFramePaths();
  }

  fits(shape: UpscaleShape): boolean {
    return this.#passFactory.fits(shape);
  }

  async startPixels(
    pixels: Uint8Array,
    shape: UpscaleParams,
    slot: TimeSlot,
  ): Promise<Started<Uint8Array<ArrayBuffer>>> {
    if (copiesAtSameSize(shape.quality) && isIdentity(shape, shape)) {
      const copy = pixels.slice();
      return { isDone: true, finish: async () => copy };
    }
    const { width, height, outWidth, outHeight, quality } = shape;
    const image = { width, height, data: pixels };
    if (isNetwork(quality) && !isOpaque(image)) return this.#startTranslucent(image, shape, slot);
    const resources = await this.#pool.get(shape);
    const readback = await resources.ring.take();
    resources.upload(pixels);
    const gpuTime = resources.submit(readback);
    const { strideBytes } = resources.ring;
    // Read even when no one waits for it any more, so that the buffer returns to its ring.
    const result = resources.ring.read(readback, (bytes) => unpadded(bytes, strideBytes, outWidth * 4, outHeight));
    result.catch(() => {
      // Whoever calls finish() gets the error.
    });
    return { isDone: false, finish: () => result, ...gpuTime };
  }

  /** Doubles a picture over two backdrops, and then resizes it where it is to have another size. What waits for the GPU does so after the slot. */
  async #startTranslucent(
    image: PixelImage,
    shape: UpscaleParams,
    slot: TimeSlot,
  ): Promise<Started<Uint8Array<ArrayBuffer>>> {
    const { width, height, outWidth, outHeight } = shape;
    const size = { width: 2 * width, height: 2 * height };
    const start = async (grey: number) => {
      const { data } = await runInSlices(compositeOver(image, grey), this.now, () => slot.yieldNow());
      return this.startPixels(data, { ...shape, outWidth: size.width, outHeight: size.height }, slot);
    };
    const [overBlack, overWhite] = [await start(BLACK), await start(WHITE)];
    const finish = async () => {
      const found = matted(await overBlack.finish(), await overWhite.finish(), size.width);
      const doubled = await runInSlices(found, this.now, () => restAfter(slot));
      const filter = filterAfter(shape);
      if (!filter) return doubled;
      return (await this.startPixels(doubled, { ...size, outWidth, outHeight, quality: filter }, slot)).finish();
    };
    return { isDone: false, finish };
  }

  openFrames(target: FrameTarget): BackendFrames {
    return new WgslFrames(this.#device, this.#passFactory, target, this);
  }

  /** Lets the frames of all streams pass through the processor from now on. Returns whether they took fast paths. */
  disableFastPaths(): boolean {
    const { frameIn, frameOut } = this.framePaths;
    if (frameIn === SAFE_FRAME_PATHS.frameIn && frameOut === SAFE_FRAME_PATHS.frameOut) return false;
    log.warn('frames come out wrong; they now pass through the processor', { frameIn, frameOut });
    this.framePaths = SAFE_FRAME_PATHS;
    return true;
  }

  dispose(): void {
    this.#pool.dispose();
    this.#passFactory.timer.dispose();
    this.#device.destroy();
  }

  /** The self-test at start-up had no network, which would have had to be fetched. */
  async #checkFramePaths(): Promise<void> {
    if (this.framePaths === SAFE_FRAME_PATHS) return;
    const isRight = await framesMatchPixels(this, CHECKED_NETWORK).catch(() => false);
    if (!isRight) this.disableFastPaths();
  }
}

function unpadded(bytes: ArrayBuffer, strideBytes: number, rowBytes: number, rows: number): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(bytes);
  if (strideBytes === rowBytes) return padded.slice(0, rowBytes * rows);
  const result = new Uint8Array(rowBytes * rows);
  for (let y = 0; y < rows; y++) result.set(padded.subarray(y * strideBytes, y * strideBytes + rowBytes), y * rowBytes);
  return result;
}

/** What the resources of a stream were made for. */
interface FrameSource {
  width: number;
  height: number;
  kind: SourceKind;
}

/** Says at each frame which paths it takes, doubles translucent ones, and has room for features. */
type FrameBackend = Pick<WgslBackend, 'framePaths' | 'featureMemory' | 'startPixels' | 'now'>;

/** The frames of one stream on the GPU. The resources for their size are allocated with the first frame and kept. */
export class WgslFrames implements BackendFrames {
  readonly #device: GPUDevice;
  readonly #passFactory: PassFactory;
  readonly #target: FrameTarget;
  readonly #backend: FrameBackend;
  readonly #reader = new RgbaReader();
  #resources: UpscaleResources | null = null;
  readonly #detailFrames = new DetailFrameMaker();
  #source: FrameSource = { width: 0, height: 0, kind: 'texture' };
  #canvas: OutputCanvas | null = null;
  #isDisposed = false;

  constructor(device: GPUDevice, passFactory: PassFactory, target: FrameTarget, backend: FrameBackend) {
    this.#device = device;
    this.#passFactory = passFactory;
    this.#target = target;
    this.#backend = backend;
  }

  async start(frame: VideoFrame, slot: TimeSlot): Promise<Started<VideoFrame>> {
    const time = timeOf(frame);
    const { outWidth: width, outHeight: height, quality, detail } = this.#target;
    const needsBackdrop = time.hasAlpha && isNetwork(quality);
    if (needsBackdrop && !detail) return this.#startTranslucent(frame, time, slot);
    const { frameIn: selected, frameOut } = this.#backend.framePaths;
    const frameIn = needsBackdrop ? SAFE_FRAME_PATHS.frameIn : importOf(frame, selected);
    const resources = await this.#resourcesFor(frame, frameIn);
    // Detail is read back: codes on a canvas would be converted as colours.
    if (frameOut === 'canvas' && !time.hasAlpha && !detail)
      return this.#exportThroughCanvas(frame, time, frameIn, resources, slot);
    const readback = await resources.ring.take();
    const gpuTime = resources.submit(readback, await this.#importFrame(frame, frameIn, resources, slot));
    const { strideBytes } = resources.ring;
    const sharp = resources.ring.read(readback, (bytes) => {
      const size = { width, height, strideBytes };
      if (!detail) return makeFrame(bytes, size, time);
      return this.#detailFrames.make({ codes: new Uint8Array(bytes), ...size }, time);
    });
    return { isDone: false, finish: () => sharp, ...gpuTime };
  }

  /** Networks know only opaque pictures: a frame that may be none is doubled as a picture is, whose pixels are looked at. */
  async #startTranslucent(frame: VideoFrame, time: FrameTime, slot: TimeSlot): Promise<Started<VideoFrame>> {
    const { width, height, data } = await this.#reader.read(frame);
    const shape = { ...this.#target, width, height };
    checkFrameShape(shape);
    const { finish, ...started } = await this.#backend.startPixels(data, shape, slot);
    const { outWidth, outHeight } = shape;
    const size = { width: outWidth, height: outHeight, strideBytes: outWidth * 4 };
    return { ...started, finish: async () => makeFrame(await finish(), size, time) };
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#free();
    this.#canvas?.dispose();
    this.#canvas = null;
  }

  /** Writes the frame's pixels to the input, or returns the frame as a texture that a kernel can read without a copy. */
  async #importFrame(
    frame: VideoFrame,
    frameIn: FrameImport,
    resources: UpscaleResources,
    slot: TimeSlot,
  ): Promise<GPUExternalTexture | undefined> {
    switch (frameIn) {
      case 'importExternalTexture':
        return this.#device.importExternalTexture({ source: frame });
      case 'copyExternalImageToTexture':
        this.#device.queue.copyExternalImageToTexture(
          { source: frame },
          { texture: resources.input },
          uprightSize(frame),
        );
        return undefined;
      case 'copyTo': {
        const image = await this.#reader.read(frame);
        // Detail is that of a picture over black.
        const needsBackdrop = timeOf(frame).hasAlpha && isNetwork(this.#target.quality);
        const shown = needsBackdrop
          ? await runInSlices(compositeOver(image, BLACK), this.#backend.now, () => slot.yieldNow())
          : image;
        resources.upload(shown.data);
        return undefined;
      }
    }
  }

  async #exportThroughCanvas(
    frame: VideoFrame,
    time: FrameTime,
    frameIn: FrameImport,
    resources: UpscaleResources,
    slot: TimeSlot,
  ): Promise<Started<VideoFrame>> {
    this.#canvas ??= new OutputCanvas(this.#device, this.#target);
    const canvas = this.#canvas;
    await canvas.ready();
    const external = await this.#importFrame(frame, frameIn, resources, slot);
    let gpuTime: GpuTime = {};
    const sharp = canvas.frame((texture) => {
      gpuTime = resources.submitInto(texture, external);
    }, time);
    return { isDone: false, finish: () => sharp, ...gpuTime };
  }

  async #resourcesFor(frame: VideoFrame, frameIn: FrameImport): Promise<UpscaleResources> {
    const size = uprightSize(frame);
    const kind = frameIn === 'importExternalTexture' ? 'external' : 'texture';
    const made = this.#source;
    const fits = size.width === made.width && size.height === made.height && kind === made.kind;
    if (this.#resources && fits) return this.#resources;
    const shape = { ...this.#target, ...size };
    checkFrameShape(shape);
    // First: a stream must never take the memory of two sizes.
    this.#free();
    const resources = await this.#allocate(shape, kind);
    if (this.#isDisposed) {
      resources.dispose();
      throw MeshError.closed('The stream');
    }
    this.#resources = resources;
    this.#source = { ...size, kind };
    return resources;
  }

  /** After a disposal meanwhile, the features have no room any more. */
  async #allocate(shape: UpscaleShape, kind: SourceKind): Promise<UpscaleResources> {
    const { featureMemory } = this.#backend;
    const featureBytes = await this.#passFactory.featureBytes(shape);
    if (this.#isDisposed) throw MeshError.closed('The stream');
    featureMemory.take(this, featureBytes, shape);
    try {
      return await UpscaleResources.create(this.#device, this.#passFactory, shape, kind);
    } catch (cause) {
      featureMemory.free(this);
      throw cause;
    }
  }

  #free(): void {
    this.#resources?.dispose();
    this.#resources = null;
    this.#backend.featureMemory.free(this);
  }
}

/** The way of one frame into the GPU: the selected one, or the processor's where that shows another picture than `drawImage`. */
function importOf(frame: VideoFrame, selected: FrameImport): FrameImport {
  return isPlain(frame) ? selected : SAFE_FRAME_PATHS.frameIn;
}

import { MeshError } from '../../../shared/errors.ts';
import { type InputKind, isNetwork, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import { type Backend, type BackendFrames, type FramePaths, type FrameTarget, SAFE_FRAME_PATHS } from '../backend.ts';
import type { ModelSource } from '../models/model-source.ts';
import { FrameInputKindTracker, inputKindOf } from '../networks/input-kind.ts';
import { isIdentity } from '../reference/upscale.ts';
import type { Started } from '../schedule.ts';
import { checkFrameShape, type FrameTime, frameSize, makeFrame, RgbaReader, timeOf } from '../video-frames.ts';
import { PassFactory, UpscaleResourcePool, UpscaleResources } from './upscale-resources.ts';

/** Our kernels on a WebGPU device. Owns the device and destroys it. */
export class WgslBackend implements Backend {
  readonly name = 'wgsl';
  /** Set by the self-test at start-up. */
  framePaths: FramePaths = SAFE_FRAME_PATHS;
  readonly #device: GPUDevice;
  readonly #passFactory: PassFactory;
  readonly #pool: UpscaleResourcePool;

  /** @param models - undefined: there are no networks. */
  constructor(device: GPUDevice, models?: ModelSource) {
    this.#device = device;
    this.#passFactory = new PassFactory(device, models);
    this.#pool = new UpscaleResourcePool(device, this.#passFactory);
  }

  async prepare(quality: Quality): Promise<void> {
    if (isNetwork(quality)) await this.#passFactory.prepare(quality);
  }

  async startPixels(pixels: Uint8Array, shape: UpscaleParams): Promise<Started<Uint8Array<ArrayBuffer>>> {
    if (shape.quality === 'bilinear' && isIdentity(shape, shape)) {
      const copy = pixels.slice();
      return { isDone: true, finish: async () => copy };
    }
    const { width, height, outWidth, outHeight, quality } = shape;
    const input = isNetwork(quality) ? (shape.input ?? inputKindOf({ width, height, data: pixels })) : 'smooth';
    const resources = await this.#pool.get({ ...shape, input });
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

  openFrames(target: FrameTarget): BackendFrames {
    return new WgslFrames(this.#device, this.#passFactory, target, this.framePaths);
  }

  dispose(): void {
    this.#pool.dispose();
    this.#passFactory.timer.dispose();
    this.#device.destroy();
  }
}

function unpadded(bytes: ArrayBuffer, strideBytes: number, rowBytes: number, rows: number): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(bytes);
  if (strideBytes === rowBytes) return padded.slice(0, rowBytes * rows);
  const result = new Uint8Array(rowBytes * rows);
  for (let y = 0; y < rows; y++) result.set(padded.subarray(y * strideBytes, y * strideBytes + rowBytes), y * rowBytes);
  return result;
}

/** The frames of one stream on the GPU. The resources for their size are allocated with the first frame and kept. */
export class WgslFrames implements BackendFrames {
  readonly #device: GPUDevice;
  readonly #passFactory: PassFactory;
  readonly #target: FrameTarget;
  readonly #framePaths: FramePaths;
  readonly #reader = new RgbaReader();
  #resources: UpscaleResources | null = null;
  readonly #inputKind = new FrameInputKindTracker();
  #source: { width: number; height: number; input: InputKind } = { width: 0, height: 0, input: 'smooth' };
  #canvas: OutputCanvas | null = null;
  #disposed = false;

  constructor(device: GPUDevice, passFactory: PassFactory, target: FrameTarget, framePaths: FramePaths) {
    this.#device = device;
    this.#passFactory = passFactory;
    this.#target = target;
    this.#framePaths = framePaths;
  }

  async start(frame: VideoFrame): Promise<Started<VideoFrame>> {
    const time = timeOf(frame);
    const resources = await this.#resourcesFor(frame);
    if (this.#framePaths.frameOut === 'canvas' && !time.hasAlpha)
      return this.#exportThroughCanvas(frame, time, resources);
    const readback = await resources.ring.take();
    const gpuTime = resources.submit(readback, await this.#importFrame(frame, resources));
    const { outWidth: width, outHeight: height } = this.#target;
    const { strideBytes } = resources.ring;
    const sharp = resources.ring.read(readback, (bytes) => makeFrame(bytes, { width, height, strideBytes }, time));
    return { isDone: false, finish: () => sharp, ...gpuTime };
  }

  dispose(): void {
    this.#disposed = true;
    this.#resources?.dispose();
    this.#resources = null;
    this.#canvas?.dispose();
    this.#canvas = null;
  }

  /** Writes the frame's pixels to the input, or returns the frame as a texture that a kernel can read without a copy. */
  async #importFrame(frame: VideoFrame, resources: UpscaleResources): Promise<GPUExternalTexture | undefined> {
    switch (this.#framePaths.frameIn) {
      case 'importExternalTexture':
        return this.#device.importExternalTexture({ source: frame });
      case 'copyExternalImageToTexture':
        this.#device.queue.copyExternalImageToTexture(
          { source: frame },
          { texture: resources.input },
          frameSize(frame),
        );
        return undefined;
      case 'copyTo':
        resources.upload((await this.#reader.read(frame)).data);
        return undefined;
    }
  }

  async #exportThroughCanvas(
    frame: VideoFrame,
    time: FrameTime,
    resources: UpscaleResources,
  ): Promise<Started<VideoFrame>> {
    const external = await this.#importFrame(frame, resources);
    this.#canvas ??= new OutputCanvas(this.#device, this.#target);
    const gpuTime = resources.submitInto(this.#canvas.nextTexture(), external);
    const sharp = this.#canvas.toFrame(time);
    return { isDone: true, finish: async () => sharp, ...gpuTime };
  }

  async #resourcesFor(frame: VideoFrame): Promise<UpscaleResources> {
    const size = frameSize(frame);
    const input = isNetwork(this.#target.quality) ? await this.#inputKind.of(frame) : 'smooth';
    const made = this.#source;
    const fits = size.width === made.width && size.height === made.height && input === made.input;
    if (this.#resources && fits) return this.#resources;
    const shape = { ...this.#target, ...size };
    checkFrameShape(shape);
    const source = this.#framePaths.frameIn === 'importExternalTexture' ? 'external' : 'texture';
    const resources = await UpscaleResources.create(this.#device, this.#passFactory, { ...shape, input }, source);
    if (this.#disposed) {
      resources.dispose();
      throw MeshError.closed('The stream');
    }
    this.#resources?.dispose();
    this.#resources = resources;
    this.#source = { ...size, input };
    return resources;
  }
}

/** An invisible canvas whose pictures become frames without leaving the GPU. */
class OutputCanvas {
  readonly #canvas: OffscreenCanvas;
  readonly #context: GPUCanvasContext;

  constructor(device: GPUDevice, { outWidth, outHeight }: FrameTarget) {
    this.#canvas = new OffscreenCanvas(outWidth, outHeight);
    const context = this.#canvas.getContext('webgpu');
    if (!context)
      throw new MeshError('unsupported-browser', 'This browser has no WebGPU canvas in workers. Use a newer one.');
    this.#context = context;
    // The kernels write rgba8unorm. The other canvas format needs an optional feature.
    const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT;
    context.configure({ device, format: 'rgba8unorm', usage, alphaMode: 'opaque' });
  }

  nextTexture(): GPUTexture {
    return this.#context.getCurrentTexture();
  }

  /** A frame of what was submitted last. Call it in the same microtask, before the browser takes the texture away. */
  toFrame({ timestamp, duration }: FrameTime): VideoFrame {
    return new VideoFrame(this.#canvas, { timestamp, ...(duration === null ? {} : { duration }) });
  }

  dispose(): void {
    this.#context.unconfigure();
  }
}

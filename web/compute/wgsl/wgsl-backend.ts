import { MeshError } from '../../../shared/errors.ts';
import { type InputKind, isNetwork, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import type { Backend, BackendFrames, FrameTarget } from '../backend.ts';
import type { ModelSource } from '../models/model-source.ts';
import { InputKindWatch, inputKindOf } from '../networks/input-kind.ts';
import { isIdentity } from '../reference/upscale.ts';
import type { Started } from '../schedule.ts';
import { checkFrameShape, type FrameTime, frameSize, makeFrame, RgbaReader, timeOf } from '../video-frames.ts';
import { type FrameWays, SAFE_WAYS } from './frame-paths.ts';
import { Recipes, Surface, SurfaceStore } from './upscale-resources.ts';

/** The kernels on a WebGPU device that is ours, and destroyed with this. */
export class WgslBackend implements Backend {
  readonly name = 'wgsl';
  /** Settled by the self-test at start-up. */
  ways: FrameWays = SAFE_WAYS;
  readonly #device: GPUDevice;
  readonly #recipes: Recipes;
  readonly #surfaces: SurfaceStore;

  /** @param models where networks come from; without it there are none here. */
  constructor(device: GPUDevice, models?: ModelSource) {
    this.#device = device;
    this.#recipes = new Recipes(device, models);
    this.#surfaces = new SurfaceStore(device, this.#recipes);
  }

  async prepare(quality: Quality): Promise<void> {
    if (isNetwork(quality)) await this.#recipes.prepare(quality);
  }

  async startPixels(pixels: Uint8Array, shape: UpscaleParams): Promise<Started<Uint8Array<ArrayBuffer>>> {
    if (shape.quality === 'bilinear' && isIdentity(shape, shape)) {
      const copy = pixels.slice();
      return { isDone: true, finish: async () => copy };
    }
    const { width, height, outWidth, outHeight, quality } = shape;
    const input = isNetwork(quality) ? (shape.input ?? inputKindOf({ width, height, data: pixels })) : 'smooth';
    const surface = await this.#surfaces.get({ ...shape, input });
    const readback = await surface.ring.take();
    surface.upload(pixels);
    surface.submit(readback);
    const { strideBytes } = surface.ring;
    // Read even when nobody waits for it any more: the buffer goes back to its ring.
    const result = surface.ring.read(readback, (bytes) => unpadded(bytes, strideBytes, outWidth * 4, outHeight));
    result.catch(() => {
      // Whoever calls finish() hears of it.
    });
    return { isDone: false, finish: () => result };
  }

  openFrames(target: FrameTarget): BackendFrames {
    return new WgslFrames(this.#device, this.#recipes, target, this.ways);
  }

  dispose(): void {
    this.#surfaces.dispose();
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

/** One stream's frames on the GPU. What it needs for their size is made with the first of them and kept. */
export class WgslFrames implements BackendFrames {
  readonly #device: GPUDevice;
  readonly #recipes: Recipes;
  readonly #target: FrameTarget;
  readonly #ways: FrameWays;
  readonly #reader = new RgbaReader();
  #surface: Surface | null = null;
  readonly #inputKind = new InputKindWatch();
  #source: { width: number; height: number; input: InputKind } = { width: 0, height: 0, input: 'smooth' };
  #canvas: OutputCanvas | null = null;
  #disposed = false;

  constructor(device: GPUDevice, recipes: Recipes, target: FrameTarget, ways: FrameWays) {
    this.#device = device;
    this.#recipes = recipes;
    this.#target = target;
    this.#ways = ways;
  }

  async start(frame: VideoFrame): Promise<Started<VideoFrame>> {
    const time = timeOf(frame);
    const surface = await this.#surfaceFor(frame);
    if (this.#ways.frameOut === 'canvas' && !time.hasAlpha) return this.#throughCanvas(frame, time, surface);
    const readback = await surface.ring.take();
    surface.submit(readback, await this.#bringIn(frame, surface));
    const { outWidth: width, outHeight: height } = this.#target;
    const { strideBytes } = surface.ring;
    const sharp = surface.ring.read(readback, (bytes) => makeFrame(bytes, { width, height, strideBytes }, time));
    return { isDone: false, finish: () => sharp };
  }

  dispose(): void {
    this.#disposed = true;
    this.#surface?.dispose();
    this.#surface = null;
    this.#canvas?.dispose();
    this.#canvas = null;
  }

  /** Leaves the frame's pixels in the surface's input, or returns the frame as a kernel can read it where it lies. */
  async #bringIn(frame: VideoFrame, surface: Surface): Promise<GPUExternalTexture | undefined> {
    switch (this.#ways.frameIn) {
      case 'importExternalTexture':
        return this.#device.importExternalTexture({ source: frame });
      case 'copyExternalImageToTexture':
        this.#device.queue.copyExternalImageToTexture({ source: frame }, { texture: surface.input }, frameSize(frame));
        return undefined;
      case 'copyTo':
        surface.upload((await this.#reader.read(frame)).data);
        return undefined;
    }
  }

  async #throughCanvas(frame: VideoFrame, time: FrameTime, surface: Surface): Promise<Started<VideoFrame>> {
    const external = await this.#bringIn(frame, surface);
    this.#canvas ??= new OutputCanvas(this.#device, this.#target);
    surface.submitInto(this.#canvas.nextTexture(), external);
    const sharp = this.#canvas.toFrame(time);
    return { isDone: true, finish: async () => sharp };
  }

  async #surfaceFor(frame: VideoFrame): Promise<Surface> {
    const size = frameSize(frame);
    const input = isNetwork(this.#target.quality) ? await this.#inputKind.of(frame) : 'smooth';
    const made = this.#source;
    const fits = size.width === made.width && size.height === made.height && input === made.input;
    if (this.#surface && fits) return this.#surface;
    const shape = { ...this.#target, ...size };
    checkFrameShape(shape);
    const source = this.#ways.frameIn === 'importExternalTexture' ? 'external' : 'texture';
    const surface = await Surface.create(this.#device, this.#recipes, { ...shape, input }, source);
    if (this.#disposed) {
      surface.dispose();
      throw MeshError.closed('The stream');
    }
    this.#surface?.dispose();
    this.#surface = surface;
    this.#source = { ...size, input };
    return surface;
  }
}

/** A canvas nobody sees, whose pictures become frames without leaving the GPU. */
class OutputCanvas {
  readonly #canvas: OffscreenCanvas;
  readonly #context: GPUCanvasContext;

  constructor(device: GPUDevice, { outWidth, outHeight }: FrameTarget) {
    this.#canvas = new OffscreenCanvas(outWidth, outHeight);
    const context = this.#canvas.getContext('webgpu');
    if (!context) throw new MeshError('unsupported-browser', 'This browser gives no WebGPU canvas to a worker.');
    this.#context = context;
    // The kernels write to rgba8unorm; the other canvas format takes a feature that not all have.
    const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT;
    context.configure({ device, format: 'rgba8unorm', usage, alphaMode: 'opaque' });
  }

  nextTexture(): GPUTexture {
    return this.#context.getCurrentTexture();
  }

  /** Of what was submitted last; called in the same step, before the browser takes the texture away. */
  toFrame({ timestamp, duration }: FrameTime): VideoFrame {
    return new VideoFrame(this.#canvas, { timestamp, ...(duration === null ? {} : { duration }) });
  }

  dispose(): void {
    this.#context.unconfigure();
  }
}

import { MeshError } from '../../../shared/errors.ts';
import { type InputKind, isNetwork } from '../../../shared/tasks/upscale.ts';
import type { BackendFrames, FrameTarget } from '../backend.ts';
import { checkFrameShape } from '../frames/check-ratio.ts';
import { InputKindWatch } from '../frames/input-kind-watch.ts';
import { type FrameTime, makeFrame, timeOf } from '../frames/make-frame.ts';
import { frameSize, RgbaReader } from '../frames/rgba-reader.ts';
import type { Started } from '../schedule.ts';
import type { FrameWays } from './frame-ways.ts';
import type { Recipes } from './recipes.ts';
import { Surface } from './surface.ts';

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

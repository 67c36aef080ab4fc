import type * as Ort from 'onnxruntime-web';
import { MeshError } from '../../../shared/errors.ts';
import type { PixelImage, Steps } from '../../../shared/tasks/definition.ts';
import { isNetwork, type Network, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import { isOpaque } from '../../../shared/tasks/upscale-tile.ts';
import { type Backend, type BackendFrames, type FrameTarget, filterAfter, requireNetwork } from '../backend.ts';
import type { ModelSource } from '../models/model-source.ts';
import { BLACK, compositeOver, matted, WHITE } from '../networks/backdrops.ts';
import { upscaleRows } from '../reference/upscale.ts';
import { runInSlices, type Started, type TimeSlot } from '../schedule.ts';
import { PixelFrames, type UpscalePixels } from '../video-frames.ts';
import { type Band, bandsOf, type ColorPlanes, fromPlanes, toPlanes } from './bands.ts';
import { type LoadedNetwork, NetworkSessions } from './onnx-sessions.ts';
import { cpuRuntime, createSession, type OrtRuntime, toRunError } from './runtime.ts';

/** Source pixels in one run of onnxruntime-web: 320x180, some 20 to 70 ms that nothing can interrupt. */
const BAND_PIXELS = 64 * 1024;

/**
 * Networks on the processor by onnxruntime-web: where there is no GPU, or none that computes right. A run of the library cannot be
 * interrupted and blocks its worker, so other work runs between the bands of a picture.
 */
export class OrtWasmBackend implements Backend {
  readonly name = 'ort-wasm';
  readonly #now: () => number;
  readonly #bandPixels: number;
  readonly #sessions: NetworkSessions;
  /** Input tensor, kept for the next band of the same size. */
  #scratch = new Float32Array(0);

  constructor(models: ModelSource, now: () => number, bandPixels: number = BAND_PIXELS) {
    this.#now = now;
    this.#bandPixels = bandPixels;
    this.#sessions = new NetworkSessions({
      models,
      file: 'onnx',
      create: async (_model, bytes) => createSession(await cpuRuntime(), bytes, { executionProviders: ['wasm'] }),
    });
  }

  async prepare(quality: Quality): Promise<void> {
    if (isNetwork(quality)) await this.#sessions.get(quality);
  }

  async startPixels(data: Uint8Array, shape: UpscaleParams, slot: TimeSlot): Promise<Started<Uint8Array<ArrayBuffer>>> {
    const { width, height } = shape;
    const image = { width, height, data };
    const out = await this.#upscale(image, shape, () => slot.yieldNow());
    return { isDone: true, finish: async () => new Uint8Array(out.buffer) };
  }

  openFrames(target: FrameTarget): BackendFrames {
    const upscale: UpscalePixels = (image, _target, yieldNow) => this.#upscale(image, target, yieldNow);
    return new PixelFrames(target, upscale, this.#now);
  }

  dispose(): void {
    this.#sessions.dispose();
    this.#scratch = new Float32Array(0);
  }

  async #upscale(
    image: PixelImage,
    target: FrameTarget,
    yieldNow: () => Promise<void>,
  ): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const { outWidth, outHeight, quality } = requireNetwork(target);
    const doubled = await this.#doubled(image, quality, yieldNow);
    const filter = filterAfter({ ...target, width: image.width, height: image.height });
    if (!filter) return doubled.data;
    const out = new Uint8ClampedArray(outWidth * outHeight * 4);
    await runInSlices(upscaleRows(doubled, { outWidth, outHeight, quality: filter }, out), this.#now, yieldNow);
    return out;
  }

  async #doubled(image: PixelImage, network: Network, yieldNow: () => Promise<void>) {
    if (isOpaque(image)) return this.#doubledOpaque(image, network, yieldNow);
    const inSlices = <T>(steps: Steps<T>) => runInSlices(steps, this.#now, yieldNow);
    const overBlack = await this.#doubledOpaque(await inSlices(compositeOver(image, BLACK)), network, yieldNow);
    await yieldNow();
    const overWhite = await this.#doubledOpaque(await inSlices(compositeOver(image, WHITE)), network, yieldNow);
    return { ...overBlack, data: await inSlices(matted(overBlack.data, overWhite.data, overBlack.width)) };
  }

  async #doubledOpaque(image: PixelImage, network: Network, yieldNow: () => Promise<void>) {
    const loaded = await this.#sessions.get(network);
    const runtime = await cpuRuntime();
    const size = { width: image.width * 2, height: image.height * 2 };
    const data = new Uint8ClampedArray(size.width * size.height * 4);
    for (const [n, band] of bandsOf(image, loaded.shape, { pixels: this.#bandPixels }).entries()) {
      if (n > 0) await yieldNow();
      fromPlanes(await this.#run(runtime, loaded, image, band), band, data);
    }
    return { ...size, data };
  }

  async #run(runtime: OrtRuntime, { session }: LoadedNetwork, image: PixelImage, band: Band): Promise<ColorPlanes> {
    const { width } = image;
    const height = band.to - band.from;
    if (this.#scratch.length !== 3 * width * height) this.#scratch = new Float32Array(3 * width * height);
    const data = this.#scratch;
    toPlanes(image, band, { width, height, data });
    const source = new runtime.Tensor('float32', data, [1, 3, height, width]);
    const { sharp } = await session.run({ source }).catch((cause: unknown) => {
      throw toRunError(cause);
    });
    return toSharp(sharp);
  }
}

/** Throws MeshError `malformed` when a model's output is no picture. */
function toSharp(tensor: Ort.Tensor | undefined): ColorPlanes {
  const [, , height = 0, width = 0] = tensor?.dims ?? [];
  if (tensor?.data instanceof Float32Array) return { width, height, data: tensor.data };
  throw MeshError.malformed(
    'A network did not return a picture. Whoever runs the server should deploy its models again.',
  );
}

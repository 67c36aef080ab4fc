import type { DetailCoding } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { isNetwork, type Network, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import { type Backend, type BackendFrames, type FrameTarget, filterAfter } from '../backend.ts';
import { type DetailCodes, DetailFrameMaker } from '../detail-frames.ts';
import { timeOf } from '../frame-orientation.ts';
import type { ModelSource } from '../models/model-source.ts';
import { BLACK, compositeOver, matted, WHITE } from '../networks/backdrops.ts';
import { unpackLayers } from '../networks/weights.ts';
import { runInSlices, type Started, type TimeSlot } from '../schedule.ts';
import { checkFrameShape, makeFrame, RgbaReader } from '../video-frames.ts';
import { type KernelJob, rowsOf, rowsPerCall } from './kernel-instance.ts';
import { detailJob, filterJob, networkJob, type PlacedPicture, placePicture, putPicture } from './kernel-jobs.ts';
import { KernelThreads } from './kernel-threads.ts';
import { type QuantizedLayer, quantized } from './quantized-network.ts';
import { CLAIMS_ADDRESS, RowClaims } from './row-claims.ts';
import { type KernelModule, type Workspace, WorkspacePool } from './workspace.ts';

export interface WasmBackendOptions {
  kernels: KernelModule;
  /** Threads to compute with; more than one only with shared memory. */
  threads: number;
  /** Loads kernels for one thread, for when no more memory can be shared. Undefined: such pictures fail. */
  loadUnshared?: () => Promise<KernelModule>;
  /** Undefined: only the filters run. */
  models: ModelSource | undefined;
  now(): number;
}

/**
 * Filters and networks on the processor, by kernels in WebAssembly with vector instructions. Filters are within one 8-bit level of the
 * reference, networks within two, since they compute in 16-bit whole numbers. Other work runs between bands of rows.
 */
export class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly #options: WasmBackendOptions;
  readonly #threads: KernelThreads;
  readonly #workspaces: WorkspacePool;
  readonly #networks = new Map<Network, Promise<QuantizedLayer[]>>();

  constructor(options: WasmBackendOptions) {
    const { kernels, threads, loadUnshared } = options;
    this.#options = options;
    this.#threads = new KernelThreads(kernels.module, threads);
    const onDropped = (workspace: Workspace) => this.#threads.forget(workspace);
    this.#workspaces = new WorkspacePool({ kernels, loadUnshared, onDropped });
  }

  /** Threads that the next picture would get: those that have started. */
  get threads(): number {
    return this.#threads.available;
  }

  async prepare(quality: Quality): Promise<void> {
    if (isNetwork(quality)) await this.#network(quality);
  }

  async startPixels(data: Uint8Array, shape: UpscaleParams, slot: TimeSlot): Promise<Started<Uint8Array<ArrayBuffer>>> {
    const image = { width: shape.width, height: shape.height, data };
    const pixels = await this.#upscale(
      image,
      shape,
      () => slot.yieldNow(),
      (result) => result.slice(),
    );
    return { isDone: true, finish: async () => pixels };
  }

  openFrames(target: FrameTarget): BackendFrames {
    const reader = new RgbaReader();
    const detailFrames = new DetailFrameMaker();
    const { outWidth: width, outHeight: height, detail } = target;
    return {
      start: async (frame, slot) => {
        const time = timeOf(frame);
        const image = await reader.read(frame);
        checkFrameShape({ ...target, width: image.width, height: image.height });
        const yieldNow = () => slot.yieldNow();
        const made = detail
          ? await this.#detail(image, target, detail, yieldNow, (codes) => detailFrames.make(codes, time))
          : await this.#upscale(image, target, yieldNow, (result) =>
              makeFrame(result, { width, height, strideBytes: width * 4 }, time),
            );
        return { isDone: true, finish: async () => made };
      },
      dispose: () => {
        // Nothing to free but the reader's buffer.
      },
    };
  }

  dispose(): void {
    this.#workspaces.dispose();
    this.#threads.dispose();
    this.#networks.clear();
  }

  /** @param use - makes something of the result, which is overwritten after that. */
  #upscale<T>(
    image: PixelImage,
    target: FrameTarget,
    yieldNow: () => Promise<void>,
    use: (result: Uint8Array) => T,
  ): Promise<T> {
    return this.#workspaces.lend(async (workspace) => {
      const sharp = await this.#sharpened(workspace, putPicture(workspace, image), target, yieldNow);
      return use(pixelsOf(workspace, sharp));
    });
  }

  /** @param use - as that of a picture. */
  #detail<T>(
    image: PixelImage,
    target: FrameTarget,
    coding: DetailCoding,
    yieldNow: () => Promise<void>,
    use: (codes: DetailCodes) => T,
  ): Promise<T> {
    return this.#workspaces.lend(async (workspace) => {
      const source = putPicture(workspace, image);
      const sharp = await this.#sharpened(workspace, source, target, yieldNow);
      const { job, codes } = detailJob(workspace, source, sharp, coding, this.#threadsIn(workspace));
      await this.#run(workspace, job, yieldNow);
      const { width, height } = sharp;
      const { address, strideBytes } = codes;
      return use({ codes: workspace.bytes(address, strideBytes * height), width, height, strideBytes });
    });
  }

  #threadsIn({ isShared }: Workspace): number {
    return isShared ? this.threads : 1;
  }

  async #sharpened(
    workspace: Workspace,
    source: PlacedPicture,
    { outWidth, outHeight, quality }: FrameTarget,
    yieldNow: () => Promise<void>,
  ): Promise<PlacedPicture> {
    const threads = this.#threadsIn(workspace);
    let picture = source;
    let filter = isNetwork(quality) ? null : quality;
    if (isNetwork(quality)) {
      const network = await this.#network(quality);
      picture = await this.#doubled(workspace, source, network, yieldNow);
      const { width, height } = source;
      filter = filterAfter({ width, height, outWidth, outHeight, quality });
    }
    if (filter) {
      const filtered = filterJob(workspace, picture, { outWidth, outHeight, filter }, threads);
      if (filtered.job) await this.#run(workspace, filtered.job, yieldNow);
      picture = filtered.result;
    }
    return picture;
  }

  async #doubled(
    workspace: Workspace,
    source: PlacedPicture,
    network: readonly QuantizedLayer[],
    yieldNow: () => Promise<void>,
  ): Promise<PlacedPicture> {
    const { width, height, isOpaque } = source;
    const opaque = isOpaque ? source : placePicture(workspace, width, height, true);
    const { job, result } = networkJob(workspace, opaque, network, this.#threadsIn(workspace));
    if (isOpaque) {
      await this.#run(workspace, job, yieldNow);
      return result;
    }
    const double = async (grey: number) => {
      const image = { width, height, data: pixelsOf(workspace, source) };
      const { data } = await runInSlices(compositeOver(image, grey), this.#options.now, yieldNow);
      pixelsOf(workspace, opaque).set(data);
      await this.#run(workspace, job, yieldNow);
      return pixelsOf(workspace, result);
    };
    const overBlack = (await double(BLACK)).slice();
    const found = matted(overBlack, await double(WHITE), result.width);
    pixelsOf(workspace, result).set(await runInSlices(found, this.#options.now, yieldNow));
    return { ...result, isOpaque: false };
  }

  async #run(workspace: Workspace, job: KernelJob, yieldNow: () => Promise<void>): Promise<void> {
    const threads = job.scratch.length;
    const parts = new Int32Array(workspace.memory.buffer, CLAIMS_ADDRESS, threads);
    RowClaims.divide(parts, rowsOf(job));
    const claims = new RowClaims(parts, rowsPerCall(job));
    const helping = this.#threads.help(workspace, job, threads);
    helping.catch(() => {
      // Awaited below.
    });
    try {
      const rows = workspace.kernels.open(job, 0);
      await runInSlices(bands(claims, rows), this.#options.now, yieldNow);
    } catch (cause) {
      claims.close();
      // They write into the workspace until then.
      await helping.catch(() => {
        // The first error says why.
      });
      throw cause;
    }
    // Helpers may have rows that no part showed any more.
    await helping;
  }

  #network(name: Network): Promise<QuantizedLayer[]> {
    const known = this.#networks.get(name);
    if (known) return known;
    const loading = this.#load(name);
    this.#networks.set(name, loading);
    // The next call tries again.
    loading.catch(() => this.#networks.delete(name));
    return loading;
  }

  async #load(name: Network): Promise<QuantizedLayer[]> {
    const { models } = this.#options;
    if (!models) throw new MeshError('unknown-model', `The network '${name}' does not run here. Use 'spatial'.`);
    const { model, bytes } = await models.load(name, 'wgsl');
    return quantized(model.network, unpackLayers(model.network, bytes));
  }
}

/** Computes the rows that this thread claims. */
function* bands(claims: RowClaims, rows: (from: number, to: number) => void): Generator<void, void> {
  for (let next = claims.take(0); next; next = claims.take(0)) {
    rows(next.from, next.to);
    yield;
  }
}

function pixelsOf(workspace: Workspace, { address, width, height }: PlacedPicture): Uint8Array {
  return workspace.bytes(address, width * height * 4);
}

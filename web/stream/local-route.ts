import { MeshError } from '../../shared/errors.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import { STREAM } from '../../shared/tuning.ts';
import type { FrameEngine, FrameUpscaler } from './frame-engine.ts';
import type { StreamSize } from './frame-size.ts';
import type { CapturedFrame, FrameSink } from './frames.ts';
import { LatestSlot } from './latest-slot.ts';
import { localFrameStages } from './stage-clock.ts';

export interface LocalRouteOptions {
  /** Made when first asked for: a machine that only sends never probes its GPU. */
  engine(): Promise<FrameEngine>;
  now(): number;
  sink: FrameSink;
}

interface Shape {
  size: StreamSize;
  quality: Quality;
}

/**
 * Frames sharpened on this machine, one at a time, the newest first. While the engine is being made, and after it failed, frames
 * go through as they are: a soft picture is better than none.
 */
export class LocalRoute {
  readonly #options: LocalRouteOptions;
  readonly #waiting: LatestSlot<CapturedFrame>;
  #engine: FrameEngine | null = null;
  #makingEngine = false;
  #shape: Shape | null = null;
  #upscaler: FrameUpscaler | null = null;
  #upscalerShape: Shape | null = null;
  #busy = false;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #error: MeshError | null = null;
  #disposed = false;

  constructor(options: LocalRouteOptions) {
    this.#options = options;
    this.#waiting = new LatestSlot((captured) => this.#drop(captured));
  }

  /** Why frames are not sharpened here at the moment; null when they are. */
  get error(): MeshError | null {
    return this.#error;
  }

  /** Does it sharpen, or let frames through as they are? */
  get isReady(): boolean {
    return this.#engine !== null && this.#error === null;
  }

  /** Would a frame offered now be sharpened, or at least make the engine be tried again? */
  get mayTry(): boolean {
    return !this.#makingEngine && this.#options.now() >= this.#retryAtMs;
  }

  shape(size: StreamSize, quality: Quality): void {
    this.#shape = { size, quality };
  }

  /** Takes the frame over. */
  offer(captured: CapturedFrame): void {
    if (this.#disposed) {
      captured.frame.close();
      return;
    }
    this.#makeEngine();
    this.#waiting.put(captured);
    if (!this.#busy) void this.#run();
  }

  /** Takes the frame over and shows it as it came. */
  letThrough(captured: CapturedFrame): void {
    this.#makeEngine();
    this.#passThrough(captured);
    captured.frame.close();
  }

  dispose(): void {
    this.#disposed = true;
    this.#waiting.clear();
    if (!this.#busy) this.#closeUpscaler();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let captured = this.#waiting.take(); captured; captured = this.#waiting.take()) await this.#sharpen(captured);
    this.#busy = false;
    if (this.#disposed) this.#closeUpscaler();
  }

  async #sharpen(captured: CapturedFrame): Promise<void> {
    const { now } = this.#options;
    const computeStartMs = now();
    try {
      const upscaler = this.#openUpscaler();
      if (!upscaler) {
        this.#passThrough(captured);
        return;
      }
      const frame = await upscaler.process(captured.frame);
      this.#error = null;
      this.#deliver(captured, frame, true, computeStartMs, now());
    } catch (cause) {
      this.#failed(cause);
      this.#passThrough(captured);
    } finally {
      captured.frame.close();
    }
  }

  #passThrough(captured: CapturedFrame): void {
    const nowMs = this.#options.now();
    this.#deliver(captured, captured.frame.clone(), false, nowMs, nowMs);
  }

  #deliver(
    captured: CapturedFrame,
    frame: VideoFrame,
    isSharpened: boolean,
    computeStartMs: number,
    computedMs: number,
  ): void {
    if (this.#disposed) {
      frame.close();
      return;
    }
    const { frameId, purpose, capturedMs } = captured;
    this.#options.sink.onSharp({
      frameId,
      purpose,
      frame,
      isSharpened,
      volunteerId: null,
      stagesAt: (presentedMs) => localFrameStages({ capturedMs, computeStartMs, computedMs, presentedMs }),
    });
  }

  #openUpscaler(): FrameUpscaler | null {
    if (!this.#engine || !this.#shape || this.#options.now() < this.#retryAtMs) return null;
    if (this.#upscalerShape !== this.#shape) this.#closeUpscaler();
    const { size, quality } = this.#shape;
    this.#upscalerShape = this.#shape;
    this.#upscaler ??= this.#engine.openFrames({ outWidth: size.outWidth, outHeight: size.outHeight, quality });
    return this.#upscaler;
  }

  #makeEngine(): void {
    if (this.#engine || this.#makingEngine || this.#options.now() < this.#retryAtMs) return;
    this.#makingEngine = true;
    this.#options
      .engine()
      .then((engine) => {
        this.#engine = engine;
        this.#error = null;
      })
      .catch((cause: unknown) => this.#failed(cause))
      .finally(() => {
        this.#makingEngine = false;
      });
  }

  #failed(cause: unknown): void {
    this.#error = MeshError.from(cause, 'device-lost');
    this.#retryAtMs = this.#options.now() + STREAM.retryAfterMs;
    this.#closeUpscaler();
  }

  #closeUpscaler(): void {
    this.#upscaler?.dispose();
    this.#upscaler = null;
  }

  #drop(captured: CapturedFrame): void {
    captured.frame.close();
    this.#options.sink.onDropped(captured, 'superseded');
  }
}

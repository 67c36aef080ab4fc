import { MeshError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { CapturedFrame, FrameSink, UpscaleOutcome } from '../frame.ts';
import type { StreamSize } from '../frame-size.ts';
import { localFrameStages } from '../frame-timing.ts';
import { LatestSlot } from '../latest-slot.ts';
import { STREAM } from '../tuning.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { FramePace } from '../upscale/frame-pace.ts';
import { GovernedUpscaler } from '../upscale/governed-upscaler.ts';

export interface LocalRouteOptions {
  /** UpscaleOutcome when first asked for: a machine that only sends never probes its GPU. */
  engine(): Promise<FrameEngine>;
  now(): number;
  sink: FrameSink;
}

interface Shape {
  size: StreamSize;
  quality: Quality;
  /** What the source may give at most. */
  fps: number;
}

/** What became of a frame here; null: shown as it came. */
interface Sharpened extends UpscaleOutcome {
  computeStartMs: number;
  computedMs: number;
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
  #upscaler: GovernedUpscaler | null = null;
  readonly #pace = new FramePace();
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

  /** Why a better quality than is shown is not available here; null when that is not why. */
  get qualityError(): MeshError | null {
    return this.#upscaler?.error ?? null;
  }

  shape(shape: Shape): void {
    this.#shape = shape;
  }

  /** Takes the frame over. */
  offer(captured: CapturedFrame): void {
    if (this.#disposed) {
      captured.frame.close();
      return;
    }
    this.#makeEngine();
    this.#pace.frame(captured.frameId, captured.capturedMs, this.#options.now());
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
      const { frame, ...made } = await upscaler.process(captured.frame);
      this.#error = null;
      this.#deliver(captured, frame, { ...made, computeStartMs, computedMs: now() });
    } catch (cause) {
      this.#failed(cause);
      this.#passThrough(captured);
    } finally {
      captured.frame.close();
    }
  }

  #passThrough(captured: CapturedFrame): void {
    this.#deliver(captured, captured.frame.clone(), null);
  }

  #deliver(captured: CapturedFrame, frame: VideoFrame, sharpened: Sharpened | null): void {
    if (this.#disposed) {
      frame.close();
      return;
    }
    const { frameId, purpose, capturedMs } = captured;
    const nowMs = this.#options.now();
    const { computeStartMs, computedMs } = sharpened ?? { computeStartMs: nowMs, computedMs: nowMs };
    this.#options.sink.onSharp({
      ...{ frameId, purpose, frame },
      made: sharpened && { quality: sharpened.quality, lowered: sharpened.lowered },
      volunteerId: null,
      stagesAt: (presentedMs) => localFrameStages({ capturedMs, computeStartMs, computedMs, presentedMs }),
    });
  }

  /** Not while it processes. */
  #openUpscaler(): GovernedUpscaler | null {
    const { now } = this.#options;
    if (!this.#engine || !this.#shape || now() < this.#retryAtMs) return null;
    const { size, quality, fps } = this.#shape;
    const { outWidth, outHeight } = size;
    this.#upscaler ??= new GovernedUpscaler(this.#engine, { outWidth, outHeight, quality }, now);
    this.#upscaler.resize({ outWidth, outHeight });
    this.#upscaler.quality = quality;
    this.#upscaler.budgetMs = this.#pace.localBudgetMs(fps);
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
    this.#upscaler?.close();
  }

  #drop(captured: CapturedFrame): void {
    captured.frame.close();
    if (!this.#disposed) this.#upscaler?.skipped();
    this.#options.sink.onDropped(captured, 'superseded');
  }
}

import { MeshError } from '../../../shared/errors.ts';
import type { CapturedFrame, FrameSink } from '../frame.ts';
import type { StreamSize } from '../frame-size.ts';
import { localFrameStages } from '../frame-timing.ts';
import { bestOf, RETRY_AFTER_MS, type StreamQuality } from '../settings.ts';
import { AdaptiveUpscaler } from '../upscale/adaptive-upscaler.ts';
import { FrameBudget } from '../upscale/frame-budget.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { type TimedOutcome, UpscaleQueue } from '../upscale/upscale-queue.ts';

export interface LocalRouteOptions {
  /** Creates the engine. Called at the first frame: a machine that only sends frames never probes its GPU. */
  engine(): Promise<FrameEngine>;
  now(): number;
  /** Whether frames are shown enlarged all the same: then only what is better than that is worth computing. */
  isBaseShown: boolean;
  sink: Pick<FrameSink, 'onUpscaled' | 'onDropped'>;
}

interface Shape {
  size: StreamSize;
  quality: StreamQuality;
  /** Limit of the source's frame rate. */
  fps: number;
}

type FrameInfo = Omit<CapturedFrame, 'frame'> & {
  /** Whether its picture stands still: the frame before it is long ago. */
  isStill: boolean;
};

/** Gap before a frame, ms, from which on its picture counts as still: the last frame of a source that stands still is repeated about this often. */
const STILL_GAP_MS = 240;

/**
 * Upscales frames on the gamer's own machine, of those that wait only the newest. While the engine is being created, and for a while after
 * it failed, frames pass through unchanged: a soft picture is better than none. They also do while the picture moves on a machine that is
 * too slow for any quality: soft pictures at the full rate are better than two sharp ones a second.
 */
export class LocalRoute {
  readonly #options: LocalRouteOptions;
  readonly #queue: UpscaleQueue<FrameInfo>;
  readonly #budget = new FrameBudget();
  #offeredMs = Number.NEGATIVE_INFINITY;
  #engine: FrameEngine | null = null;
  #isCreatingEngine = false;
  /** Kept after a failure, because it remembers which qualities are too slow. */
  #upscaler: AdaptiveUpscaler | null = null;
  #shape: Shape | null = null;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #error: MeshError | null = null;
  #isDisposed = false;

  constructor(options: LocalRouteOptions) {
    this.#options = options;
    this.#queue = new UpscaleQueue({
      capacity: 1,
      now: options.now,
      ignoresBudget: ({ isStill }) => isStill,
      onUpscaled: (frame, info, outcome) => {
        this.#error = null;
        this.#deliver(frame, info, outcome);
      },
      onFailed: (source, info, cause) => {
        if (cause !== null) this.#failed(cause);
        this.#deliver(source.clone(), info, null);
      },
      onDropped: (info) => options.sink.onDropped(info, 'superseded'),
    });
  }

  /** Why frames are not upscaled locally at the moment; null when they are. */
  get error(): MeshError | null {
    return this.#error;
  }

  /** Whether frames are upscaled rather than passed through unchanged. */
  get isReady(): boolean {
    return this.#engine !== null && this.#error === null;
  }

  /** Whether frames are passed through unchanged because this machine is too slow to upscale them. */
  get isPassthrough(): boolean {
    return this.#upscaler?.isPassthrough ?? false;
  }

  /** The backend that upscales here; empty before the first frame. */
  get backend(): string {
    return this.#upscaler?.backend ?? '';
  }

  /** Whether a frame offered now would be upscaled, or would at least make the engine start again. */
  get canTry(): boolean {
    return !this.#isCreatingEngine && this.#options.now() >= this.#retryAtMs;
  }

  /** Error that makes a better quality unavailable on this machine; null if there is none. */
  get qualityError(): MeshError | null {
    return this.#upscaler?.error ?? null;
  }

  shape(shape: Shape): void {
    this.#shape = shape;
    this.#upscaler?.resize(shape.size);
    if (this.#upscaler) this.#upscaler.quality = bestOf(shape.quality);
  }

  /** Takes ownership of the frame. */
  offer({ frame, ...info }: CapturedFrame): void {
    if (this.#isDisposed) {
      frame.close();
      return;
    }
    const nowMs = this.#options.now();
    const isStill = nowMs - this.#offeredMs >= STILL_GAP_MS;
    this.#offeredMs = nowMs;
    this.#createEngine();
    this.#budget.frame(info.frameId, info.capturedMs, nowMs);
    this.#prepareUpscaler();
    this.#queue.offer(frame, { ...info, isStill });
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#queue.dispose();
  }

  /** @param outcome - null for a frame that passes through unchanged. */
  #deliver(
    frame: VideoFrame,
    { frameId, purpose, capturedMs }: Omit<CapturedFrame, 'frame'>,
    outcome: TimedOutcome | null,
  ): void {
    const nowMs = this.#options.now();
    const { computeStartMs, computedMs } = outcome ?? { computeStartMs: nowMs, computedMs: nowMs };
    this.#options.sink.onUpscaled({
      frameId,
      capturedMs,
      purpose,
      frame,
      outcome: outcome && { quality: outcome.quality, downgradeReason: outcome.downgradeReason },
      volunteerId: null,
      stagesAt: (presentedMs) => localFrameStages({ capturedMs, computeStartMs, computedMs, presentedMs }),
    });
  }

  #prepareUpscaler(): void {
    const { now, isBaseShown } = this.#options;
    if (!this.#engine || !this.#shape || now() < this.#retryAtMs) return;
    const { size, quality, fps } = this.#shape;
    try {
      this.#upscaler ??= new AdaptiveUpscaler(
        this.#engine,
        { outWidth: size.outWidth, outHeight: size.outHeight, quality: bestOf(quality), detail: null, isBaseShown },
        now,
      );
      this.#upscaler.restrictsUltraToGpus = quality === 'auto';
      this.#upscaler.budgetMs = this.#budget.localMs(fps);
      this.#upscaler.passthroughAboveMs = isBaseShown ? this.#upscaler.budgetMs : this.#budget.localPassthroughAboveMs;
      this.#queue.upscaler = this.#upscaler;
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #createEngine(): void {
    if (this.#engine || this.#isCreatingEngine || this.#options.now() < this.#retryAtMs) return;
    this.#isCreatingEngine = true;
    this.#options
      .engine()
      .then((engine) => {
        this.#engine = engine;
        this.#error = null;
      })
      .catch((cause: unknown) => this.#failed(cause))
      .finally(() => {
        this.#isCreatingEngine = false;
      });
  }

  #failed(cause: unknown): void {
    this.#error = MeshError.from(cause, 'device-lost');
    this.#retryAtMs = this.#options.now() + RETRY_AFTER_MS;
    this.#queue.upscaler = null;
    this.#upscaler?.close();
  }
}

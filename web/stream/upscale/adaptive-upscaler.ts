import type { DetailCoding } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import { isNetwork, type Quality } from '../../../shared/tasks/upscale.ts';
import type { UpscaleOutcome } from '../frame.ts';
import { sizeOf } from '../frame-size.ts';
import type { FrameEngine, FrameUpscaler } from './frame-engine.ts';
import { QualityGovernor } from './quality-governor.ts';
import { HARDWARE_GPU_QUALITY } from './quality-records.ts';
import { QualityWarmup } from './quality-warmup.ts';

export interface UpscalerSettings {
  outWidth: number;
  outHeight: number;
  /** Best quality to use. */
  quality: Quality;
  /** Null: its frames are pictures. */
  detail: DetailCoding | null;
  /** Whether frames are shown enlarged all the same, so that only what is better than the base of detail is worth computing. */
  isBaseShown: boolean;
}

/** A lesser quality adds nothing to the base of detail, or makes it worse. A machine that is too slow for it skips frames instead. */
const LOWEST_ABOVE_BASE = 'spatial';

interface OpenUpscaler {
  quality: Quality;
  upscaler: FrameUpscaler;
}

/**
 * Upscales the frames of one stream in the best quality that keeps up, as its {@link QualityGovernor} decides, or leaves them as they are.
 * The next better quality is warmed up beside the one in use, and a frame whose network fails is upscaled again in the next lower quality.
 */
export class AdaptiveUpscaler {
  readonly #engine: FrameEngine;
  readonly #now: () => number;
  readonly #governor: QualityGovernor;
  #settings: UpscalerSettings;
  /** Whether {@link HARDWARE_GPU_QUALITY} is left to hardware GPUs: unless this machine's user chose it by name. */
  restrictsUltraToGpus = true;
  /** Size of the newest frame; null before the first. */
  #source: { width: number; height: number } | null = null;
  #isResized = false;
  #backend = '';
  #current: OpenUpscaler | null = null;
  #warmup: QualityWarmup | null = null;
  /** Warmed up; used from the next frame on. */
  #next: OpenUpscaler | null = null;
  /** Error of the network that failed last. */
  #error: MeshError | null = null;

  /** Throws MeshError if the engine has no backend for it. */
  constructor(engine: FrameEngine, settings: UpscalerSettings, now: () => number) {
    this.#engine = engine;
    this.#now = now;
    this.#settings = settings;
    this.#governor = new QualityGovernor(settings.quality, now, {
      predictMs: (quality) => this.#predictMs(quality),
      ...(settings.isBaseShown && { lowest: LOWEST_ABOVE_BASE }),
    });
    this.#open(this.#governor.quality);
  }

  /** Backend of the quality that was opened last. */
  get backend(): string {
    return this.#backend;
  }

  /** Quality in use, and why it is not a better one. */
  get outcome(): UpscaleOutcome {
    const { quality, downgradeReason } = this.#governor;
    return { quality, downgradeReason };
  }

  /** Whether frames are left as they are, because even the cheapest quality takes longer than {@link passthroughAboveMs}. */
  get isPassthrough(): boolean {
    return this.#governor.isPassthrough;
  }

  /** Error that makes a better quality unavailable; null if there is none. */
  get error(): MeshError | null {
    return this.#governor.downgradeReason === 'not-available' ? this.#error : null;
  }

  /** Best quality to use, from the next frame on. */
  set quality(quality: Quality) {
    if (quality === this.#governor.ceiling) return;
    this.#governor.ceiling = quality;
    this.#endWarmup();
  }

  /** Time that upscaling one frame may take, ms. */
  set budgetMs(budgetMs: number) {
    this.#governor.budgetMs = budgetMs;
  }

  /** Time for one frame above which it is better left as it is, ms. */
  set passthroughAboveMs(passthroughAboveMs: number) {
    this.#governor.passthroughAboveMs = passthroughAboveMs;
  }

  /** Size of the upscaled frames, from the next frame on. */
  resize({ outWidth, outHeight }: Pick<UpscalerSettings, 'outWidth' | 'outHeight'>): void {
    if (outWidth === this.#settings.outWidth && outHeight === this.#settings.outHeight) return;
    this.#settings = { ...this.#settings, outWidth, outHeight };
    this.#isResized = true;
    this.#endWarmup();
  }

  /**
   * Upscales one frame at a time. The caller closes both the given and the returned frame. Null: it is better left as it is. Throws
   * MeshError.
   *
   * @param ignoresBudget - the frame is upscaled however long it takes, because no other follows soon.
   */
  async process(frame: VideoFrame, ignoresBudget = false): Promise<(UpscaleOutcome & { frame: VideoFrame }) | null> {
    if (this.#isResized) this.close();
    this.#isResized = false;
    this.#source = sizeOf(frame);
    this.#governor.size = this.#sizeKey(frame);
    const { isPassthrough } = this.#governor;
    if (isPassthrough && !ignoresBudget) {
      this.#governor.passedThrough();
      this.#warmUp(frame);
      return null;
    }
    for (;;) {
      const { quality, downgradeReason } = this.outcome;
      try {
        const upscaler = this.#open(quality);
        const wasWarmingUp = this.#warmup?.isComputing;
        const startMs = this.#now();
        const upscaled = await upscaler.process(frame);
        const isUndisturbed = !wasWarmingUp && !this.#warmup?.isComputing;
        if (isUndisturbed && !isPassthrough && quality === this.#governor.quality)
          this.#governor.measured(this.#now() - startMs);
        this.#warmUp(frame);
        return { frame: upscaled, quality, downgradeReason };
      } catch (cause) {
        this.#closeCurrent();
        if (!isNetwork(quality)) throw cause;
        this.#failed(quality, MeshError.from(cause, 'device-lost'));
      }
    }
  }

  /** A frame was dropped because this upscaler was busy. */
  onFrameSkipped(): void {
    if (!this.#warmup?.isComputing) this.#governor.onFrameSkipped();
  }

  /** Releases everything until the next frame. Must not be called while a frame is processed. */
  close(): void {
    this.#endWarmup();
    this.#closeCurrent();
  }

  #open(quality: Quality): FrameUpscaler {
    const next = this.#next;
    this.#next = null;
    if (next?.quality === quality) {
      this.#closeCurrent();
      this.#current = next;
      this.#backend = next.upscaler.backend;
      return next.upscaler;
    }
    next?.upscaler.dispose();
    if (this.#current?.quality === quality) return this.#current.upscaler;
    this.#closeCurrent();
    const upscaler = this.#openFrames(quality);
    this.#current = { quality, upscaler };
    this.#backend = upscaler.backend;
    return upscaler;
  }

  #openFrames(quality: Quality): FrameUpscaler {
    const { outWidth, outHeight, detail } = this.#settings;
    return this.#engine.openFrames({ outWidth, outHeight, quality, ...(detail && { detail }) });
  }

  /** Before the first frame it is taken to be doubled, as most are. */
  #predictMs(quality: Quality): number | null {
    const { outWidth, outHeight } = this.#settings;
    const { width, height } = this.#source ?? { width: outWidth / 2, height: outHeight / 2 };
    const shape = { width, height, outWidth, outHeight, quality };
    if (quality === HARDWARE_GPU_QUALITY && this.restrictsUltraToGpus && this.#engine.isOnGpu?.(shape) === false)
      return null;
    return this.#engine.predictMs?.(shape) ?? null;
  }

  #warmUp(frame: VideoFrame): void {
    const { wanted } = this.#governor;
    // Resized during this frame: its size key would not fit.
    if (wanted !== null && !this.#isResized) this.#warmup ??= this.#startWarmup(wanted, this.#sizeKey(frame));
    this.#warmup?.offer(frame);
  }

  #startWarmup(quality: Quality, sizeKey: string): QualityWarmup {
    return new QualityWarmup({
      quality,
      open: () => this.#openFrames(quality),
      now: this.#now,
      isWorthTrying: () => this.#governor.mayFit(quality),
      onAbandoned: () => {
        this.#warmup = null;
      },
      onReady: (upscaler, tookMs) => {
        this.#warmup = null;
        this.#governor.size = sizeKey;
        if (!this.#governor.adoptIfFits(quality, tookMs)) return false;
        this.#next = { quality, upscaler };
        return true;
      },
      onFailed: (error) => {
        this.#warmup = null;
        this.#failed(quality, error);
      },
    });
  }

  #failed(quality: Quality, error: MeshError): void {
    this.#error = error;
    this.#governor.failed(quality);
  }

  #sizeKey(frame: VideoFrame): string {
    const { width, height } = sizeOf(frame);
    const { outWidth, outHeight } = this.#settings;
    return `${width}x${height} ${outWidth}x${outHeight}`;
  }

  #endWarmup(): void {
    this.#warmup?.dispose();
    this.#warmup = null;
    this.#next?.upscaler.dispose();
    this.#next = null;
  }

  #closeCurrent(): void {
    this.#current?.upscaler.dispose();
    this.#current = null;
  }
}

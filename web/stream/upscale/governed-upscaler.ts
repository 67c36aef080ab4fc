import { MeshError } from '../../../shared/errors.ts';
import { isNetwork, type Quality } from '../../../shared/tasks/upscale.ts';
import type { UpscaleOutcome } from '../frame.ts';
import { sizeOf } from '../frame-size.ts';
import type { FrameEngine, FrameUpscaler } from './frame-engine.ts';
import { QualityGovernor } from './quality-governor.ts';
import { QualityWarmup } from './quality-warmup.ts';

export interface GovernedShape {
  outWidth: number;
  outHeight: number;
  /** The best that is wanted. */
  quality: Quality;
}

interface Opened {
  quality: Quality;
  upscaler: FrameUpscaler;
}

/**
 * One stream's frames through an engine, in the best quality that keeps up. The next better one is got ready beside the one that is
 * shown, and a network that fails gives its frame to the next lower one.
 */
export class GovernedUpscaler {
  readonly #engine: FrameEngine;
  readonly #now: () => number;
  readonly #governor: QualityGovernor;
  #shape: GovernedShape;
  #backend = '';
  #opened: Opened | null = null;
  #rehearsal: QualityWarmup | null = null;
  /** WarmedUp, for the next frame. */
  #rehearsed: Opened | null = null;
  /** Of the network that failed last. */
  #error: MeshError | null = null;

  /** Throws MeshError when the engine has no backend for it. */
  constructor(engine: FrameEngine, shape: GovernedShape, now: () => number) {
    this.#engine = engine;
    this.#now = now;
    this.#shape = shape;
    this.#governor = new QualityGovernor(shape.quality, now);
    this.#open(this.#governor.quality);
  }

  /** Of the newest quality that was opened. */
  get backend(): string {
    return this.#backend;
  }

  get made(): UpscaleOutcome {
    const { quality, lowered } = this.#governor;
    return { quality, lowered };
  }

  /** Why a better quality is not available; null when that is not why. */
  get error(): MeshError | null {
    return this.#governor.lowered === 'not-available' ? this.#error : null;
  }

  /** From the next frame on. */
  set quality(quality: Quality) {
    if (quality === this.#governor.ceiling) return;
    this.#governor.ceiling = quality;
    this.#endWarmup();
  }

  set budgetMs(budgetMs: number) {
    this.#governor.budgetMs = budgetMs;
  }

  /** Not while it processes. */
  resize({ outWidth, outHeight }: Omit<GovernedShape, 'quality'>): void {
    if (outWidth === this.#shape.outWidth && outHeight === this.#shape.outHeight) return;
    this.#shape = { ...this.#shape, outWidth, outHeight };
    this.close();
  }

  /** The frame stays the caller's to close, and so does the result. One frame at a time. Throws MeshError. */
  async process(frame: VideoFrame): Promise<UpscaleOutcome & { frame: VideoFrame }> {
    this.#governor.size = this.#sizeOf(frame);
    for (;;) {
      const { quality, lowered } = this.made;
      try {
        const upscaler = this.#open(quality);
        const wasWarmingUp = this.#rehearsal?.isComputing;
        const startMs = this.#now();
        const sharp = await upscaler.process(frame);
        const isAlone = !wasWarmingUp && !this.#rehearsal?.isComputing;
        if (isAlone && quality === this.#governor.quality) this.#governor.measured(this.#now() - startMs);
        this.#rehearse(frame);
        return { frame: sharp, quality, lowered };
      } catch (cause) {
        this.#closeOpened();
        if (!isNetwork(quality)) throw cause;
        this.#failed(quality, MeshError.from(cause, 'device-lost'));
      }
    }
  }

  /** A frame gave way to newer ones, since this was busy. */
  skipped(): void {
    if (!this.#rehearsal?.isComputing) this.#governor.skipped();
  }

  /** Lets go of what it has open, until the next frame. Not while it processes. */
  close(): void {
    this.#endWarmup();
    this.#closeOpened();
  }

  #open(quality: Quality): FrameUpscaler {
    const rehearsed = this.#rehearsed;
    this.#rehearsed = null;
    if (rehearsed?.quality === quality) {
      this.#closeOpened();
      this.#opened = rehearsed;
      this.#backend = rehearsed.upscaler.backend;
      return rehearsed.upscaler;
    }
    rehearsed?.upscaler.dispose();
    if (this.#opened?.quality === quality) return this.#opened.upscaler;
    this.#closeOpened();
    const upscaler = this.#openUpscaler(quality);
    this.#opened = { quality, upscaler };
    this.#backend = upscaler.backend;
    return upscaler;
  }

  #openUpscaler(quality: Quality): FrameUpscaler {
    const { outWidth, outHeight } = this.#shape;
    return this.#engine.openFrames({ outWidth, outHeight, quality });
  }

  #rehearse(frame: VideoFrame): void {
    const { wanted } = this.#governor;
    if (wanted !== null) this.#rehearsal ??= this.#rehearsalOf(wanted, this.#sizeOf(frame));
    this.#rehearsal?.offer(frame);
  }

  #rehearsalOf(quality: Quality, size: string): QualityWarmup {
    return new QualityWarmup({
      quality,
      open: () => this.#openUpscaler(quality),
      now: this.#now,
      onReady: (upscaler, tookMs) => {
        this.#rehearsal = null;
        this.#governor.size = size;
        if (!this.#governor.rehearsed(quality, tookMs)) return false;
        this.#rehearsed = { quality, upscaler };
        return true;
      },
      onFailed: (error) => {
        this.#rehearsal = null;
        this.#failed(quality, error);
      },
    });
  }

  #failed(quality: Quality, error: MeshError): void {
    this.#error = error;
    this.#governor.failed(quality);
  }

  #sizeOf(frame: VideoFrame): string {
    const { width, height } = sizeOf(frame);
    const { outWidth, outHeight } = this.#shape;
    return `${width}x${height} ${outWidth}x${outHeight}`;
  }

  #endWarmup(): void {
    this.#rehearsal?.dispose();
    this.#rehearsal = null;
    this.#rehearsed?.upscaler.dispose();
    this.#rehearsed = null;
  }

  #closeOpened(): void {
    this.#opened?.upscaler.dispose();
    this.#opened = null;
  }
}

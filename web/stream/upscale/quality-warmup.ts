import { MeshError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { FrameUpscaler } from './frame-engine.ts';

/** A network that is not ready after this has failed, ms: its model is only some hundred kilobytes. */
export const READY_WITHIN_MS = 30_000;

export interface QualityWarmupOptions {
  quality: Quality;
  /** Throws MeshError. */
  open(): FrameUpscaler;
  /** Whether it is expected to keep up. Asked once it is loaded, when its speed is measured, so that no frame waits for one that is far too slow. */
  isWorthTrying(): boolean;
  /** It is loaded, and not worth trying. */
  onAbandoned(): void;
  now(): number;
  /** The quality is ready, and one frame took `tookMs`. Returns whether the receiver takes ownership of the upscaler. */
  onReady(upscaler: FrameUpscaler, tookMs: number): boolean;
  onFailed(error: MeshError): void;
}

/**
 * Warms up a quality beside the one in use: loads its model, compiles pipelines with a first frame, and measures a second one, unless it
 * is known by then to be too slow.
 */
export class QualityWarmup {
  readonly quality: Quality;
  readonly #options: QualityWarmupOptions;
  readonly #sinceMs: number;
  #upscaler: FrameUpscaler | null = null;
  #isReady = false;
  #isComputing = false;
  /** One of the three outcomes was reported, or none will be. */
  #isOver = false;

  constructor(options: QualityWarmupOptions) {
    this.#options = options;
    this.quality = options.quality;
    this.#sinceMs = options.now();
    void this.#prepare();
  }

  /** Whether it is processing a frame. Frames of the quality in use take longer meanwhile. */
  get isComputing(): boolean {
    return this.#isComputing;
  }

  /** Offers a frame to warm up with. The caller keeps it. */
  offer(frame: VideoFrame): void {
    if (this.#options.now() - this.#sinceMs > READY_WITHIN_MS) {
      this.#fail(MeshError.timeout(`Getting '${this.quality}' ready`, READY_WITHIN_MS));
    } else if (this.#isReady && this.#upscaler && !this.#isComputing) void this.#run(this.#upscaler, frame.clone());
  }

  dispose(): void {
    this.#isOver = true;
    if (this.#isComputing) return;
    this.#upscaler?.dispose();
    this.#upscaler = null;
  }

  async #prepare(): Promise<void> {
    // No outcome may be reported before the caller holds this object.
    await Promise.resolve();
    if (this.#isOver) return;
    try {
      this.#upscaler = this.#options.open();
      // No frame is held meanwhile: a decoder has only a few.
      await this.#upscaler.ready?.();
      if (this.#isOver || this.#options.isWorthTrying()) this.#isReady = true;
      else this.#abandon();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #run(upscaler: FrameUpscaler, frame: VideoFrame): Promise<void> {
    this.#isComputing = true;
    try {
      (await upscaler.process(frame)).close();
      const startMs = this.#options.now();
      if (!this.#isOver) (await upscaler.process(frame)).close();
      this.#isComputing = false;
      this.#end(upscaler, this.#options.now() - startMs);
    } catch (cause) {
      this.#isComputing = false;
      this.#fail(cause);
    } finally {
      frame.close();
    }
  }

  #end(upscaler: FrameUpscaler, tookMs: number): void {
    const isTaken = !this.#isOver && this.#options.onReady(upscaler, tookMs);
    if (isTaken) this.#upscaler = null;
    this.dispose();
  }

  #abandon(): void {
    this.dispose();
    this.#options.onAbandoned();
  }

  #fail(cause: unknown): void {
    const wasOver = this.#isOver;
    this.dispose();
    if (!wasOver) this.#options.onFailed(MeshError.from(cause, 'device-lost'));
  }
}

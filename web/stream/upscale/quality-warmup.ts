import { MeshError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { GOVERNOR } from '../tuning.ts';
import type { FrameUpscaler } from './frame-engine.ts';

export interface QualityWarmupOptions {
  quality: Quality;
  /** Throws MeshError. */
  open(): FrameUpscaler;
  now(): number;
  /** It is ready, and a frame took this long. Returns whether it takes the upscaler over. */
  onReady(upscaler: FrameUpscaler, tookMs: number): boolean;
  onFailed(error: MeshError): void;
}

/** Gets a quality ready beside the one that is shown: its model, what is made with its first frame, and how long its second one takes. */
export class QualityWarmup {
  readonly quality: Quality;
  readonly #options: QualityWarmupOptions;
  readonly #sinceMs: number;
  #upscaler: FrameUpscaler | null = null;
  #isReady = false;
  #isComputing = false;
  /** One of the two outcomes was told, or neither will be. */
  #isOver = false;

  constructor(options: QualityWarmupOptions) {
    this.#options = options;
    this.quality = options.quality;
    this.#sinceMs = options.now();
    void this.#prepare();
  }

  /** Is the machine at work for it? What is shown takes longer then. */
  get isComputing(): boolean {
    return this.#isComputing;
  }

  /** A frame to rehearse with, which stays the caller's. */
  offer(frame: VideoFrame): void {
    if (this.#options.now() - this.#sinceMs > GOVERNOR.readyWithinMs) {
      this.#fail(MeshError.timeout(`Getting '${this.quality}' ready`, GOVERNOR.readyWithinMs));
    } else if (this.#isReady && this.#upscaler && !this.#isComputing) void this.#run(this.#upscaler, frame.clone());
  }

  dispose(): void {
    this.#isOver = true;
    if (this.#isComputing) return;
    this.#upscaler?.dispose();
    this.#upscaler = null;
  }

  async #prepare(): Promise<void> {
    // Nothing is told before whoever made this has it.
    await Promise.resolve();
    if (this.#isOver) return;
    try {
      this.#upscaler = this.#options.open();
      // No frame is held meanwhile: a decoder has only so many.
      await this.#upscaler.ready?.();
      this.#isReady = true;
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

  #fail(cause: unknown): void {
    const wasOver = this.#isOver;
    this.dispose();
    if (!wasOver) this.#options.onFailed(MeshError.from(cause, 'device-lost'));
  }
}

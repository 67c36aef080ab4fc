import { MeshError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { UpscaleOutcome } from '../frame.ts';
import { STREAM } from '../tuning.ts';
import type { FrameEngine } from './frame-engine.ts';
import { GovernedUpscaler } from './governed-upscaler.ts';

/** What the caller knows of a frame, and where its moments are written, and what it was made with. */
interface SharpenTag extends UpscaleOutcome {
  computeStartMs: number;
  computedMs: number;
}

export interface FrameSharpenerHandlers<Tag> {
  /** Takes the frame over; it has its source's timestamp. */
  onSharp(frame: VideoFrame, tag: Tag): void;
  onDropped(tag: Tag, cause: 'volunteer-busy' | 'compute-failed'): void;
  /** The engine failed again and again. */
  onError(error: MeshError): void;
}

export interface SharpenerShape {
  outWidth: number;
  outHeight: number;
  quality: Quality;
}

/** Puts a volunteer's decoded frames through the engine, one at a time in their order; the oldest give way when too many wait. */
export class FrameSharpener<Tag extends SharpenTag> {
  readonly #now: () => number;
  readonly #handlers: FrameSharpenerHandlers<Tag>;
  readonly #waiting: { frame: VideoFrame; tag: Tag }[] = [];
  readonly #upscaler: GovernedUpscaler;
  #busy = false;
  #failures = 0;
  #disposed = false;

  /** Throws MeshError when the engine has no backend for it. */
  constructor(
    engine: FrameEngine,
    { outWidth, outHeight, quality }: SharpenerShape,
    now: () => number,
    handlers: FrameSharpenerHandlers<Tag>,
  ) {
    this.#now = now;
    this.#handlers = handlers;
    this.#upscaler = new GovernedUpscaler(engine, { outWidth, outHeight, quality }, now);
  }

  get backend(): string {
    return this.#upscaler.backend;
  }

  /** What frames are made with now. */
  get made(): UpscaleOutcome {
    return this.#upscaler.made;
  }

  /** The best that is wanted, from the next frame on. */
  set quality(quality: Quality) {
    this.#upscaler.quality = quality;
  }

  /** What one frame may take, ms. */
  set budgetMs(budgetMs: number) {
    this.#upscaler.budgetMs = budgetMs;
  }

  /** Takes the frame over. */
  offer(frame: VideoFrame, tag: Tag): void {
    if (this.#disposed) {
      frame.close();
      return;
    }
    this.#waiting.push({ frame, tag });
    if (this.#waiting.length > STREAM.maxFramesWaiting) {
      this.#dropOldest();
      this.#upscaler.skipped();
    }
    if (!this.#busy) void this.#run();
  }

  dispose(): void {
    this.#disposed = true;
    while (this.#waiting.length > 0) this.#dropOldest();
    if (!this.#busy) this.#upscaler.close();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift())
      await this.#sharpen(next.frame, next.tag);
    this.#busy = false;
    if (this.#disposed) this.#upscaler.close();
  }

  async #sharpen(frame: VideoFrame, tag: Tag): Promise<void> {
    tag.computeStartMs = this.#now();
    try {
      const { frame: sharp, quality, lowered } = await this.#upscaler.process(frame);
      this.#failures = 0;
      tag.computedMs = this.#now();
      tag.quality = quality;
      tag.lowered = lowered;
      this.#deliver(sharp, frame.timestamp, tag);
    } catch (cause) {
      this.#failed(cause, tag);
    } finally {
      frame.close();
    }
  }

  #deliver(sharp: VideoFrame, timestamp: number, tag: Tag): void {
    try {
      if (this.#disposed) this.#handlers.onDropped(tag, 'volunteer-busy');
      else this.#handlers.onSharp(new VideoFrame(sharp, { timestamp }), tag);
    } finally {
      sharp.close();
    }
  }

  #failed(cause: unknown, tag: Tag): void {
    this.#failures++;
    this.#handlers.onDropped(tag, 'compute-failed');
    if (this.#failures >= STREAM.maxDecoderFailures && !this.#disposed) {
      this.#handlers.onError(MeshError.from(cause, 'volunteer-failed'));
    }
  }

  #dropOldest(): void {
    const oldest = this.#waiting.shift();
    if (!oldest) return;
    oldest.frame.close();
    this.#handlers.onDropped(oldest.tag, 'volunteer-busy');
  }
}

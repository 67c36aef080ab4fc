import { DropOldestQueue } from '../drop-oldest-queue.ts';
import { handOver, type UpscaleOutcome } from '../frame.ts';
import type { AdaptiveUpscaler } from './adaptive-upscaler.ts';

/** How a frame was upscaled, and when; ms on this machine's clock. */
export interface TimedOutcome extends UpscaleOutcome {
  computeStartMs: number;
  computedMs: number;
}

export interface UpscaleQueueOptions<Tag> {
  /** Frames that may wait; beyond it the oldest gives way. */
  capacity: number;
  now(): number;
  /** Whether the frame is upscaled however long it takes. Default: no. */
  ignoresBudget?(tag: Tag): boolean;
  /** Passes ownership of the upscaled frame, which has its source's timestamp. */
  onUpscaled(frame: VideoFrame, tag: Tag, outcome: TimedOutcome): void;
  /** The frame was not upscaled; `cause` is null if there is no upscaler, or it is better left as it is. The queue closes `source` afterwards. */
  onFailed(source: VideoFrame, tag: Tag, cause: unknown): void;
  /** The frame gave way to a newer one, or the queue was disposed. */
  onDropped(tag: Tag): void;
}

/**
 * Upscales the frames of one stream, one at a time and in order. Used at both ends: for a volunteer's answers and on the gamer's own
 * machine. After disposal every frame that is still inside is reported as dropped.
 *
 * @typeParam Tag - the caller's data about a frame, handed back with its result.
 */
export class UpscaleQueue<Tag> {
  readonly #options: UpscaleQueueOptions<Tag>;
  readonly #waiting: DropOldestQueue<{ frame: VideoFrame; tag: Tag }>;
  /** Used from the next frame on, and closed on disposal. Null: frames fail until there is one. */
  upscaler: AdaptiveUpscaler | null = null;
  #isBusy = false;
  #isDisposed = false;

  constructor(options: UpscaleQueueOptions<Tag>) {
    this.#options = options;
    this.#waiting = new DropOldestQueue(options.capacity, ({ frame, tag }) => {
      frame.close();
      if (!this.#isDisposed) this.upscaler?.onFrameSkipped();
      options.onDropped(tag);
    });
  }

  /** Takes ownership of the frame. */
  offer(frame: VideoFrame, tag: Tag): void {
    if (this.#isDisposed) {
      frame.close();
      return;
    }
    this.#waiting.put({ frame, tag });
    if (!this.#isBusy) void this.#run();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#waiting.clear();
    if (!this.#isBusy) this.upscaler?.close();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (let next = this.#waiting.take(); next; next = this.#waiting.take()) await this.#upscale(next.frame, next.tag);
    this.#isBusy = false;
    if (this.#isDisposed) this.upscaler?.close();
  }

  async #upscale(source: VideoFrame, tag: Tag): Promise<void> {
    const { onFailed, onDropped } = this.#options;
    try {
      if (this.upscaler) await this.#process(this.upscaler, source, tag);
      else onFailed(source, tag, null);
    } catch (cause) {
      if (this.#isDisposed) onDropped(tag);
      else onFailed(source, tag, cause);
    } finally {
      source.close();
    }
  }

  async #process(upscaler: AdaptiveUpscaler, source: VideoFrame, tag: Tag): Promise<void> {
    const { now, ignoresBudget, onUpscaled, onFailed, onDropped } = this.#options;
    const computeStartMs = now();
    const upscaled = await upscaler.process(source, ignoresBudget?.(tag));
    if (!upscaled) {
      if (this.#isDisposed) onDropped(tag);
      else onFailed(source, tag, null);
      return;
    }
    const { frame, quality, downgradeReason } = upscaled;
    const outcome = { quality, downgradeReason, computeStartMs, computedMs: now() };
    try {
      if (this.#isDisposed) {
        onDropped(tag);
        return;
      }
      const passed = new VideoFrame(frame, { timestamp: source.timestamp });
      handOver(passed, () => onUpscaled(passed, tag, outcome));
    } finally {
      frame.close();
    }
  }
}

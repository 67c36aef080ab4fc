import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { UpscaledFrame } from '../frame.ts';
import type { StreamSize } from '../frame-size.ts';
import type { StreamStatistics } from './stream-statistics.ts';

export interface ReorderBufferOptions {
  clock: Clock;
  /** How long a frame may wait for an older one, ms. */
  holdMs(): number;
  /** Whether a frame older than this one is still expected. */
  isOlderExpected(frameId: number): boolean;
  /** Takes ownership of the frame. */
  show(upscaled: UpscaledFrame): void;
}

/**
 * Restores the source's order among the frames of several volunteers. A frame that overtook an older one waits for it, but not longer
 * than `holdMs`; the older frame is then too late to be shown.
 */
export class ReorderBuffer {
  readonly #options: ReorderBufferOptions;
  /** Oldest first. */
  #held: UpscaledFrame[] = [];
  #cancelTimer = () => {};

  constructor(options: ReorderBufferOptions) {
    this.#options = options;
  }

  /** Takes ownership of the frame. */
  offer(upscaled: UpscaledFrame): void {
    const wasEmpty = this.#held.length === 0;
    this.#held.push(upscaled);
    this.#held.sort((a, b) => a.frameId - b.frameId);
    this.settle();
    if (wasEmpty && this.#held.length > 0) {
      this.#cancelTimer = this.#options.clock.after(this.#options.holdMs(), () => this.#showAll());
    }
  }

  /** A frame that was expected has come, or will never come: shows every held frame that waits for nothing any more. */
  settle(): void {
    for (let oldest = this.#held[0]; oldest; oldest = this.#held[0]) {
      if (this.#options.isOlderExpected(oldest.frameId)) return;
      this.#held.shift();
      this.#options.show(oldest);
    }
    this.#cancelTimer();
  }

  dispose(): void {
    this.#cancelTimer();
    for (const { frame } of this.#held.splice(0)) frame.close();
  }

  #showAll(): void {
    for (const upscaled of this.#held.splice(0)) this.#options.show(upscaled);
  }
}

export interface PresenterOptions extends Omit<ReorderBufferOptions, 'show'> {
  canvas: OffscreenCanvas;
  statistics: StreamStatistics;
  /** A frame was drawn. */
  onShown(): void;
}

/** Draws frames on the output canvas in the order of the source; a frame older than the one on the screen is closed unseen. */
export class Presenter {
  /** Output size. A canvas of another size is resized when the next frame is drawn, since resizing blanks it. */
  size: StreamSize | null = null;
  readonly #options: PresenterOptions;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #reorder: ReorderBuffer;
  #newestFrameId = -1;
  #shownMs: number;
  #shown: Pick<UpscaledFrame, 'outcome' | 'volunteerId'> | null = null;

  /** Throws MeshError `unsupported-browser`. */
  constructor(options: PresenterOptions) {
    // Opaque: video frames have no alpha, and the compositor need not blend.
    const context = options.canvas.getContext('2d', { alpha: false });
    if (!context) throw new MeshError('unsupported-browser', 'This browser cannot draw on a canvas in a worker.');
    const { clock, holdMs, isOlderExpected } = options;
    this.#options = options;
    this.#context = context;
    this.#shownMs = clock.now();
    this.#reorder = new ReorderBuffer({
      clock,
      holdMs,
      isOlderExpected,
      show: (upscaled) => this.presentNow(upscaled),
    });
  }

  /** Id of the frame on the screen; -1 before the first. */
  get newestFrameId(): number {
    return this.#newestFrameId;
  }

  /** When the frame on the screen was drawn; before the first, when the stream was opened. */
  get shownMs(): number {
    return this.#shownMs;
  }

  /** What is on the screen; null before the first frame. */
  get shown(): Pick<UpscaledFrame, 'outcome' | 'volunteerId'> | null {
    return this.#shown;
  }

  /** Takes ownership of a frame and draws it once no older frame is expected, or has waited long enough. */
  present(upscaled: UpscaledFrame): void {
    this.#reorder.offer(upscaled);
  }

  /** Takes ownership of a frame and draws it at once, unless a newer one is on the screen. */
  presentNow(upscaled: UpscaledFrame): void {
    const { frameId, frame } = upscaled;
    try {
      if (frameId > this.#newestFrameId) this.#draw(upscaled);
    } finally {
      frame.close();
    }
  }

  /** A frame that was expected has come, or will never come. */
  settle(): void {
    this.#reorder.settle();
  }

  dispose(): void {
    this.#reorder.dispose();
  }

  #draw(upscaled: UpscaledFrame): void {
    const { clock, canvas, statistics, onShown } = this.#options;
    const { frameId, frame, outcome, volunteerId, stagesAt } = upscaled;
    if (this.size) {
      const { outWidth, outHeight } = this.size;
      if (canvas.width !== outWidth) canvas.width = outWidth;
      if (canvas.height !== outHeight) canvas.height = outHeight;
    }
    this.#newestFrameId = frameId;
    // Stretched: a frame that was let through as captured has the source's size.
    this.#context.drawImage(frame, 0, 0, canvas.width, canvas.height);
    this.#shownMs = clock.now();
    this.#shown = { outcome, volunteerId };
    statistics.presented(upscaled, stagesAt(this.#shownMs));
    onShown();
  }
}

import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import type { ClipFile, ClipWriter } from './clip-writer.ts';

export interface ClipOptions {
  /** Opens the encoder. The clip starts when it is open. */
  openWriter: () => Promise<ClipWriter>;
  /** Draws the current picture onto the canvas that the writer encodes. */
  draw: () => Promise<void>;
  clock: Clock;
  maxMs: number;
  /** Whole seconds left to record: called at once and on every change. 0 means that recording is over and the file is being finished. */
  onRemaining: (remainingS: number) => void;
}

const FRAME_INTERVAL_MS = 1_000 / 30;
/** Longest side of a clip, pixels. Most machines encode it in software beside everything else, which 720p leaves room for. */
const MAX_SIDE = 1_280;

/** A clip being recorded. Its length is bounded. */
export class Clip {
  /** Resolves after `stop()` or when the time is up. Rejects with MeshError `unsupported-browser` when encoding fails. */
  readonly finished: Promise<ClipFile>;
  readonly #options: ClipOptions;
  #remainingS: number | null = null;
  #isStopped = false;
  #endWait: () => void = () => {};

  constructor(options: ClipOptions) {
    this.#options = options;
    this.#setRemaining(options.maxMs);
    this.finished = this.#record();
  }

  /** Ends the recording; what was recorded until now becomes the file. */
  stop(): void {
    this.#isStopped = true;
    this.#setRemaining(0);
    this.#endWait();
  }

  async #record(): Promise<ClipFile> {
    const { openWriter, maxMs, clock } = this.#options;
    let writer: ClipWriter | null = null;
    try {
      writer = await openWriter();
      const startedMs = clock.now();
      let elapsedMs = 0;
      // At least one frame: a file without any does not play.
      do {
        await this.#addFrame(writer, elapsedMs);
        await this.#wait(startedMs + elapsedMs + FRAME_INTERVAL_MS - clock.now());
        elapsedMs = clock.now() - startedMs;
      } while (!this.#isStopped && elapsedMs < maxMs);
      this.#setRemaining(0);
      return await writer.finish();
    } catch (cause) {
      await writer?.cancel();
      throw cause instanceof MeshError ? cause : failed(cause);
    }
  }

  async #addFrame(writer: ClipWriter, elapsedMs: number): Promise<void> {
    if (!this.#isStopped) this.#setRemaining(this.#options.maxMs - elapsedMs);
    await this.#options.draw();
    // Waits for the encoder: a slow one gets fewer frames, and no queue is left to drain when the recording stops.
    await writer.add(elapsedMs / 1_000, FRAME_INTERVAL_MS / 1_000);
  }

  /** Waits by the clock, not by animation frames: on a busy machine the screen's are rare, and so would be the clip's. */
  #wait(delayMs: number): Promise<void> {
    if (this.#isStopped || delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(delayMs, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  #setRemaining(remainingMs: number): void {
    const remainingS = Math.ceil(remainingMs / 1_000);
    if (remainingS === this.#remainingS) return;
    this.#remainingS = remainingS;
    this.#options.onRemaining(remainingS);
  }
}

/** The size of a clip of a picture of this size. Both sides are even, as video codecs require. */
export function clipSize({ width, height }: PictureSize): PictureSize {
  const fit = Math.min(1, MAX_SIDE / Math.max(width, height));
  const even = (side: number) => Math.max(2, 2 * Math.round((side * fit) / 2));
  return { width: even(width), height: even(height) };
}

function failed(cause: unknown): MeshError {
  const message = 'This browser could not record the clip. Record a shorter one, or choose a smaller scale.';
  return new MeshError('unsupported-browser', message, { cause });
}

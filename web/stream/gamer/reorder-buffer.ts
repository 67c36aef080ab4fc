import type { Clock } from '../../../shared/clock.ts';
import type { SharpFrame } from '../frame.ts';

export interface ReorderBufferOptions {
  clock: Clock;
  /** How long a frame may wait for an older one, ms. */
  holdMs(): number;
  /** Whether a frame older than this one is still expected. */
  isOlderExpected(frameId: number): boolean;
  /** Takes ownership of the frame. */
  show(sharp: SharpFrame): void;
}

/**
 * Restores the source's order among the frames of several volunteers. A frame that overtook an older one waits for it, but not longer
 * than `holdMs`; the older frame is then too late to be shown.
 */
export class ReorderBuffer {
  readonly #options: ReorderBufferOptions;
  /** Oldest first. */
  #held: SharpFrame[] = [];
  #cancelTimer = () => {};

  constructor(options: ReorderBufferOptions) {
    this.#options = options;
  }

  /** Takes ownership of the frame. */
  offer(sharp: SharpFrame): void {
    const wasEmpty = this.#held.length === 0;
    this.#held.push(sharp);
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
    for (const sharp of this.#held.splice(0)) this.#options.show(sharp);
  }
}

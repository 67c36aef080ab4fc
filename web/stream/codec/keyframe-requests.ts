import { STREAM } from '../tuning.ts';

/**
 * Asks the other side for a keyframe, at once and then with doubling waits: keyframes are the largest frames, and asking for them
 * faster than a bad link carries them would keep it bad.
 */
export class KeyframeRequests {
  readonly #send: () => void;
  readonly #now: () => number;
  #waitMs: number = STREAM.keyframeRequestMs;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(send: () => void, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  /** Call for every frame that cannot be decoded; most calls send nothing. */
  need(): void {
    const nowMs = this.#now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + this.#waitMs;
    this.#waitMs = Math.min(2 * this.#waitMs, STREAM.keyframeRequestMaxMs);
    this.#send();
  }

  /** A keyframe was decoded. */
  satisfied(): void {
    this.#waitMs = STREAM.keyframeRequestMs;
    this.#nextMs = Number.NEGATIVE_INFINITY;
  }
}

import { setNewest } from '../../../shared/bounded-map.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import { MAX_FRAMES_IN_FLIGHT } from '../transport/in-flight-window.ts';

/** Sent frames that may still be answered: in the 5 s after which a silent volunteer is given up, a source of 240 frames/s gives 1,200. */
const MAX_UNANSWERED = 2_048;
/**
 * Multiple of the agreed rate that answers may use in the long run. Encoders overshoot: on the built-in game's detail the browser's H.264 took twice as much as it
 * was told over twelve frames that began with a keyframe (docs/streams.md).
 */
const RATE_FACTOR = 4;
/** Bits a pixel that each answer may take besides, whatever the rate: told 0.5 Mb/s, that encoder takes 5.4, 0.2 a pixel at 30 frames/s. */
const BITS_PER_PIXEL = 0.5;
/** Burst that answers may take at once, ms of the long-run rate: keyframes, and what a stalled network delivers together. */
const BURST_MS = 2_000;

/**
 * What one volunteer may answer: each frame that was sent to it once, and in bytes several times the agreed rate. Without this bound it could keep the
 * gamer's decoder and downlink busy by answers to nothing.
 */
export class AnswerBudget {
  readonly #name: string;
  readonly #bytesPerMs: number;
  readonly #bytesPerFrame: number;
  readonly #capacityBytes: number;
  /** Answers that may still come, by frame id: a frame that was sent to measure may be sent again to be shown. Oldest first. */
  readonly #unanswered = new Map<number, number>();
  #tokensBytes: number;
  #refilledAtMs: number;

  /** @param name - the volunteer's display name, for error messages */
  constructor(setup: CheckedSetup, name: string, nowMs: number) {
    this.#name = name;
    this.#bytesPerMs = (RATE_FACTOR * setup.downlinkKbps) / 8;
    this.#bytesPerFrame = (BITS_PER_PIXEL * setup.outWidth * setup.outHeight) / 8;
    this.#capacityBytes = this.#bytesPerMs * BURST_MS + this.#bytesPerFrame * MAX_FRAMES_IN_FLIGHT;
    this.#tokensBytes = this.#capacityBytes;
    this.#refilledAtMs = nowMs;
  }

  /** A frame was sent. It stays known when it is given up: a late answer is honest, and later ones are coded on top of it. */
  sent(frameId: number): void {
    const count = this.#unanswered.get(frameId) ?? 0;
    setNewest(this.#unanswered, frameId, count + 1, MAX_UNANSWERED);
    this.#refill(this.#bytesPerFrame);
  }

  /**
   * An answer arrived. Throws MeshError, upon which the link must end: `verify-failed` if no frame with this id waits for one, `too-large` if
   * answers take too many bytes, which an encoder may do in good faith.
   */
  answered(frameId: number, sizeBytes: number, nowMs: number): void {
    const count = this.#unanswered.get(frameId) ?? 0;
    if (count === 0) {
      throw MeshError.wrongFrame(`${this.#name} sent back a frame that it was not asked for, or one twice.`);
    }
    if (count === 1) this.#unanswered.delete(frameId);
    else this.#unanswered.set(frameId, count - 1);
    this.#refill((nowMs - this.#refilledAtMs) * this.#bytesPerMs);
    this.#refilledAtMs = nowMs;
    this.#tokensBytes -= sizeBytes;
    if (this.#tokensBytes >= 0) return;
    throw new MeshError(
      'too-large',
      `${this.#name} sends more than ${RATE_FACTOR} times the bitrate of the stream. The stream goes on without it; open it with another bitrateKbps to try again.`,
    );
  }

  #refill(bytes: number): void {
    this.#tokensBytes = Math.min(this.#tokensBytes + bytes, this.#capacityBytes);
  }
}

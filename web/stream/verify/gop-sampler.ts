/**
 * Share of the groups of pictures (GOPs: a keyframe and all frames up to the next) that are decoded. Decoding 640x360 takes half a millisecond to one, so this costs 0.5 to 1 % of a processor core
 * at 30 frames a second.
 */
const SAMPLED_SHARE = 1 / 3;
/**
 * Time from a keyframe to the next, ms, on average, unless others are wanted: only then can a GOP that was not sampled be followed by one that is. A
 * keyframe costs as many bits as ten other frames.
 */
const KEYFRAME_INTERVAL_MS = 30_000;

export interface GopSamplerOptions {
  now(): number;
  random(): number;
  requestKeyframe(): void;
}

/**
 * Decides which of the packets that are sent to a volunteer are decoded here too. That can begin at keyframes only, and the volunteer sees these: were the
 * decoding to end before the next keyframe, it would know from when on nothing is checked any more. So a GOP is decoded whole or not at all, and at each of its packets the chance is the same.
 */
export class GopSampler {
  readonly #options: GopSamplerOptions;
  /** Whether the present GOP is decoded. */
  #isDecoding = false;
  #nextKeyframeMs = Number.NEGATIVE_INFINITY;

  constructor(options: GopSamplerOptions) {
    this.#options = options;
  }

  /**
   * A packet is sent. Call for each.
   *
   * @param isUrgent - every GOP is to be decoded, and one is to begin soon.
   * @returns whether the packet is decoded.
   */
  sent(isKeyframe: boolean, isUrgent: boolean): boolean {
    const { now, random, requestKeyframe } = this.#options;
    if (isKeyframe) {
      this.#isDecoding = isUrgent || random() < SAMPLED_SHARE;
      this.#schedule();
    } else if (now() >= this.#nextKeyframeMs) {
      this.#schedule();
      requestKeyframe();
    }
    return this.#isDecoding;
  }

  /** The next GOP begins soon, unless the present one is decoded. */
  hurry(): void {
    if (!this.#isDecoding) this.#nextKeyframeMs = Number.NEGATIVE_INFINITY;
  }

  /** The present GOP cannot be decoded any further. */
  giveUp(): void {
    this.#isDecoding = false;
  }

  #schedule(): void {
    const { now, random } = this.#options;
    this.#nextKeyframeMs = now() + KEYFRAME_INTERVAL_MS * (0.5 + random());
  }
}

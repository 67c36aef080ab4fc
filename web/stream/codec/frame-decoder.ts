import { MeshError } from '../../../shared/errors.ts';
import type { ColorSpace } from '../../../shared/messages.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { handOver, type UndecodedCause } from '../frame.ts';
import { sizeOf } from '../frame-size.ts';
import { MAX_FRAMES_IN_FLIGHT } from '../transport/in-flight-window.ts';
import { type Codec, decoderConfig } from './codecs.ts';
import type { Packet } from './frame-encoder.ts';
import { verifiedFrame } from './packet-checksum.ts';
import { decodable, fitsInto, maxPacketBytes, sizesIn } from './packet-size.ts';
import { StallWatch } from './stall-watch.ts';

/** Failures without a decoded frame between them after which the stream is given up: more keyframes would not help. */
const MAX_CONSECUTIVE_FAILURES = 3;
/** Wait between keyframe requests, ms, and the bound of its doubling (as in Selkies). */
export const KEYFRAME_REQUEST_MS = 500;
const KEYFRAME_REQUEST_MAX_MS = 4_000;

export interface FrameDecoderHandlers<Tag> {
  /** Passes ownership of the frame, which has its packet's timestamp. */
  onFrame(frame: VideoFrame, tag: Tag): void;
  onUndecoded(tag: Tag, cause: UndecodedCause): void;
  /** A keyframe is to be requested from the sender. Called at a limited rate while one is missing. */
  onKeyframeNeeded(): void;
  /** Decoding failed repeatedly; the stream cannot go on. */
  onError(error: MeshError): void;
  /** A picture larger than agreed came, or a packet larger than any such picture, which no honest sender makes: the link must end. Nothing is decoded after it. */
  onOversized(error: MeshError): void;
}

/**
 * Decodes one direction of a stream with WebCodecs. A picture that depends on a missing or damaged one is never shown: after a gap, an
 * error or a full queue the decoder requests a keyframe and waits for it.
 *
 * @typeParam Tag - the caller's data about a packet, handed back with its frame.
 */
export class FrameDecoder<Tag> {
  readonly #codec: Codec;
  readonly #size: PictureSize;
  readonly #handlers: FrameDecoderHandlers<Tag>;
  readonly #keyframes: KeyframeRequests;
  readonly #now: () => number;
  #stall = new StallWatch();
  #decoder: VideoDecoder | null = null;
  /** By the number that a chunk carries as its timestamp: the sender's timestamps may repeat. */
  readonly #inside = new Map<number, { tag: Tag; keyframe: boolean; timestampUs: number; sizeBytes: number }>();
  #nextNumber = 0;
  #expectedSequence: number | null = null;
  #failures = 0;
  #isDisposed = false;

  constructor(codec: Codec, size: PictureSize, now: () => number, handlers: FrameDecoderHandlers<Tag>) {
    this.#codec = codec;
    this.#size = size;
    this.#handlers = handlers;
    this.#now = now;
    this.#keyframes = new KeyframeRequests(() => handlers.onKeyframeNeeded(), now);
  }

  decode(packet: Packet, tag: Tag): void {
    if (this.#isDisposed) return;
    if (this.#stall.isStalled(this.#now())) {
      this.#handleStall();
      this.#handlers.onUndecoded(tag, 'undecodable');
    } else if (!packet.keyframe && packet.sequence !== this.#expectedSequence) {
      this.#breakChain(tag, 'packet-lost');
    } else if (this.#inside.size >= MAX_FRAMES_IN_FLIGHT || this.#insideBytes > maxPacketBytes(this.#size)) {
      // A lost packet holds back those behind it, so all frames in flight can arrive at once.
      // Together they are far smaller than the largest packet.
      this.#breakChain(tag, 'decoder-busy');
    } else {
      this.#feed(packet, tag);
    }
  }

  /** A packet was lost that may have been this stream's. */
  packetLost(): void {
    this.#keyframes.need();
  }

  /** Makes it give out what it holds; the next packet must be a keyframe. Rejects when it fails or is disposed. */
  async flush(): Promise<void> {
    await this.#decoder?.flush();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#closeDecoder();
  }

  /** Bytes of the packets that wait in the decoder. */
  get #insideBytes(): number {
    return [...this.#inside.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  #feed(packet: Packet, tag: Tag): void {
    const number = this.#nextNumber++;
    try {
      const inside = { tag, keyframe: packet.keyframe, timestampUs: packet.timestampUs, sizeBytes: 0 };
      this.#inside.set(number, inside);
      const data = verifiedFrame(packet.data);
      if (!data) throw new Error('a packet was damaged');
      if (data.byteLength > maxPacketBytes(this.#size)) {
        this.#refuseOversized();
        return;
      }
      inside.sizeBytes = data.byteLength;
      const sizes = sizesIn(this.#codec, data);
      if (packet.keyframe && sizes.length === 0) throw new Error('a keyframe has no size');
      if (!sizes.every((size) => fitsInto(size, this.#size))) {
        this.#refuseOversized();
        return;
      }
      if (packet.keyframe) this.#configure(packet);
      const type = packet.keyframe ? 'key' : 'delta';
      this.#decoder?.decode(new EncodedVideoChunk({ type, timestamp: number, data: decodable(this.#codec, data) }));
      this.#expectedSequence = (packet.sequence + 1) >>> 0;
      this.#stall.frameIn();
    } catch (cause) {
      this.#failed(cause);
    }
  }

  /** At every keyframe, because the color space may change with it. Keyframes are rare: they come on request only. */
  #configure({ color }: Packet): void {
    this.#decoder ??= this.#newDecoder();
    const config = decoderConfig(this.#codec, this.#size);
    // TypeScript's list of color space names is older than the standard's.
    this.#decoder.configure(color ? { ...config, colorSpace: shownAs(color) as VideoColorSpaceInit } : config);
  }

  #newDecoder(): VideoDecoder {
    const decoder: VideoDecoder = new VideoDecoder({
      output: (frame) => this.#decoded(frame),
      error: (cause) => {
        if (this.#decoder === decoder) this.#failed(cause);
      },
    });
    return decoder;
  }

  #decoded(frame: VideoFrame): void {
    try {
      const inside = this.#inside.get(frame.timestamp);
      this.#inside.delete(frame.timestamp);
      this.#stall.frameOut(this.#inside.size);
      if (!inside || this.#isDisposed) return;
      if (!fitsInto(sizeOf(frame), this.#size)) {
        this.#refuseOversized();
        return;
      }
      this.#failures = 0;
      if (inside.keyframe) this.#keyframes.satisfied();
      const passed = new VideoFrame(frame, { timestamp: inside.timestampUs });
      handOver(passed, () => this.#handlers.onFrame(passed, inside.tag));
    } finally {
      frame.close();
    }
  }

  #breakChain(tag: Tag, cause: UndecodedCause): void {
    this.#expectedSequence = null;
    this.#handlers.onUndecoded(tag, cause);
    this.#keyframes.need();
  }

  #refuseOversized(): void {
    this.dispose();
    const { width, height } = this.#size;
    this.#handlers.onOversized(
      MeshError.malformed(`A picture arrived that is larger than the agreed ${width}x${height}.`),
    );
  }

  /** Another codec may work; more keyframes in this one would not. */
  #handleStall(): void {
    this.#closeDecoder();
    this.#handlers.onError(
      new MeshError(
        'unsupported-browser',
        `This browser's ${this.#codec} decoder takes frames but gives none out. The stream tries the next codec.`,
      ),
    );
  }

  #failed(cause: unknown): void {
    this.#closeDecoder();
    this.#failures++;
    if (this.#failures < MAX_CONSECUTIVE_FAILURES) {
      this.#keyframes.need();
      return;
    }
    const detail = cause instanceof Error ? cause.message : String(cause);
    this.#handlers.onError(
      new MeshError(
        'malformed',
        `The ${this.#codec} frames of this stream could not be decoded (${detail}). Open the stream again.`,
        {
          cause,
        },
      ),
    );
  }

  #closeDecoder(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
    this.#stall = new StallWatch();
    this.#expectedSequence = null;
    const undecoded = [...this.#inside.values()];
    this.#inside.clear();
    for (const { tag } of undecoded) this.#handlers.onUndecoded(tag, 'undecodable');
  }
}

/**
 * Browsers show the primaries of BT.601, which webcams have, as BT.709's. Named so, the frames also enter a GPU without a copy, where Chromium
 * would convert the others. Decoders of H.264 and AV1 take the names from the stream instead.
 */
function shownAs(color: ColorSpace): ColorSpace {
  return color.primaries === 'smpte170m' ? { ...color, primaries: 'bt709' } : color;
}

/**
 * Limits the rate of keyframe requests: the first is sent at once, further ones after doubling waits. Keyframes are the largest frames,
 * and requesting them faster than a bad link carries them would keep it congested.
 */
export class KeyframeRequests {
  readonly #send: () => void;
  readonly #now: () => number;
  #waitMs: number = KEYFRAME_REQUEST_MS;
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
    this.#waitMs = Math.min(2 * this.#waitMs, KEYFRAME_REQUEST_MAX_MS);
    this.#send();
  }

  /** A keyframe was decoded. */
  satisfied(): void {
    this.#waitMs = KEYFRAME_REQUEST_MS;
    this.#nextMs = Number.NEGATIVE_INFINITY;
  }
}

import { MeshError } from '../../../shared/errors.ts';
import type { UndecodedCause } from '../frame.ts';
import { STREAM } from '../tuning.ts';
import { type Codec, type CodecSize, decoderConfig } from './codecs.ts';
import type { Packet } from './frame-encoder.ts';
import { unseal } from './packet-checksum.ts';

export interface FrameDecoderHandlers<Tag> {
  /** The frame has its packet's timestamp and is the receiver's to close. */
  onFrame(frame: VideoFrame, tag: Tag): void;
  onUndecoded(tag: Tag, cause: UndecodedCause): void;
  /** Called for every packet that needs a keyframe first. */
  onKeyframeNeeded(): void;
  onKeyframeDecoded(): void;
  /** The decoder failed again and again; the stream cannot go on. */
  onError(error: MeshError): void;
}

/**
 * One leg's VideoDecoder. Never shows a picture built on a missing or damaged one: after a gap, an error or a full queue it waits
 * for a keyframe and asks for it.
 *
 * @typeParam Tag - what the caller knows of a packet, handed back with its frame.
 */
export class FrameDecoder<Tag> {
  readonly #codec: Codec;
  readonly #size: CodecSize;
  readonly #handlers: FrameDecoderHandlers<Tag>;
  #decoder: VideoDecoder | null = null;
  /** By the number a chunk carries as its timestamp: the sender's own timestamps might repeat. */
  readonly #inside = new Map<number, { tag: Tag; keyframe: boolean; timestampUs: number }>();
  #nextNumber = 0;
  #expectedSequence: number | null = null;
  #failures = 0;
  #disposed = false;

  constructor(codec: Codec, size: CodecSize, handlers: FrameDecoderHandlers<Tag>) {
    this.#codec = codec;
    this.#size = size;
    this.#handlers = handlers;
  }

  /** Packets given and not yet out. */
  get queued(): number {
    return this.#inside.size;
  }

  decode(packet: Packet, tag: Tag): void {
    if (this.#disposed) return;
    if (!packet.keyframe && packet.sequence !== this.#expectedSequence) {
      this.#breakChain(tag, 'packet-lost');
    } else if (this.queued >= STREAM.maxFramesInFlight) {
      // A lost packet holds back those behind it: all that may be under way can come at once.
      this.#breakChain(tag, 'decoder-busy');
    } else {
      this.#feed(packet, tag);
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#closeDecoder();
  }

  #feed(packet: Packet, tag: Tag): void {
    const number = this.#nextNumber++;
    try {
      this.#inside.set(number, { tag, keyframe: packet.keyframe, timestampUs: packet.timestampUs });
      const data = unseal(packet.data);
      if (!data) throw new Error('a packet is not as it was sent');
      if (packet.keyframe) this.#configure(packet);
      const type = packet.keyframe ? 'key' : 'delta';
      this.#decoder?.decode(new EncodedVideoChunk({ type, timestamp: number, data }));
      this.#expectedSequence = (packet.sequence + 1) >>> 0;
    } catch (cause) {
      this.#failed(cause);
    }
  }

  /** With every keyframe, since colours may change with it; keyframes come only when asked for. */
  #configure({ color }: Packet): void {
    this.#decoder ??= this.#newDecoder();
    const config = decoderConfig(this.#codec, this.#size);
    // TypeScript's list of names is older than the standard's.
    this.#decoder.configure(color ? { ...config, colorSpace: color as VideoColorSpaceInit } : config);
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
      if (!inside || this.#disposed) return;
      this.#failures = 0;
      if (inside.keyframe) this.#handlers.onKeyframeDecoded();
      this.#handlers.onFrame(new VideoFrame(frame, { timestamp: inside.timestampUs }), inside.tag);
    } finally {
      frame.close();
    }
  }

  #breakChain(tag: Tag, cause: UndecodedCause): void {
    this.#expectedSequence = null;
    this.#handlers.onUndecoded(tag, cause);
    this.#handlers.onKeyframeNeeded();
  }

  #failed(cause: unknown): void {
    this.#closeDecoder();
    this.#failures++;
    if (this.#failures < STREAM.maxDecoderFailures) {
      this.#handlers.onKeyframeNeeded();
      return;
    }
    const detail = cause instanceof Error ? cause.message : String(cause);
    this.#handlers.onError(
      new MeshError(
        'malformed',
        `${this.#codec} frames of this stream could not be decoded (${detail}). Open it again.`,
        {
          cause,
        },
      ),
    );
  }

  #closeDecoder(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
    this.#expectedSequence = null;
    const undecoded = [...this.#inside.values()];
    this.#inside.clear();
    for (const { tag } of undecoded) this.#handlers.onUndecoded(tag, 'undecodable');
  }
}

import { MeshError } from '../../../shared/errors.ts';
import { type ColorSpace, colorSpaceSchema } from '../../../shared/messages.ts';
import { RateFollower } from '../transport/rate-follower.ts';
import { type Codec, type CodecSize, encoderConfig } from './codecs.ts';
import { SEAL_BYTES, seal } from './packet-checksum.ts';

/** One encoded frame as it travels. */
export interface Packet {
  /** Counts this encoder's packets without gaps. */
  sequence: number;
  timestampUs: number;
  keyframe: boolean;
  /** With keyframes. */
  color: ColorSpace | null;
  /** Sealed. */
  data: Uint8Array;
}

export interface FrameEncoderSettings extends CodecSize {
  codec: Codec;
  fps: number;
  kbps: number;
}

export interface FrameEncoderHandlers<Tag> {
  onPacket(packet: Packet, tag: Tag): void;
  /** The encoder left the frame out to keep its bitrate. */
  onSkipped(tag: Tag): void;
  /** The encoder is of no more use. */
  onError(error: MeshError): void;
}

/**
 * One leg's VideoEncoder.
 *
 * @typeParam Tag - what the caller knows of a frame, handed back with its packet.
 */
export class FrameEncoder<Tag> {
  readonly #settings: FrameEncoderSettings;
  readonly #handlers: FrameEncoderHandlers<Tag>;
  readonly #encoder: VideoEncoder;
  /** Frames inside the encoder, oldest first. */
  readonly #inside: { timestampUs: number; tag: Tag }[] = [];
  readonly #rate: RateFollower;
  #color: ColorSpace | null = null;
  #sequence = 0;
  #wantsKeyframe = true;

  /** Throws MeshError `unsupported-browser` if there is no such encoder. */
  constructor(settings: FrameEncoderSettings, handlers: FrameEncoderHandlers<Tag>) {
    this.#settings = { ...settings };
    this.#handlers = handlers;
    this.#rate = new RateFollower(settings.fps);
    try {
      this.#encoder = new VideoEncoder({
        output: (chunk, metadata) => this.#encoded(chunk, metadata),
        error: (cause) => handlers.onError(encodingFailed(settings, cause)),
      });
      this.#configure();
    } catch (cause) {
      throw encodingFailed(settings, cause);
    }
  }

  /** Frames given and not yet out. */
  get queued(): number {
    return this.#inside.length;
  }

  /** Takes a frame of this leg's size, or of its first; it stays the caller's to close. Timestamps must increase. */
  encode(frame: VideoFrame, tag: Tag): void {
    this.#inside.push({ timestampUs: frame.timestamp, tag });
    try {
      if (this.#rate.frame(frame.timestamp)) this.#configure();
      this.#encoder.encode(frame, { keyFrame: this.#wantsKeyframe });
      this.#wantsKeyframe = false;
    } catch (cause) {
      this.#inside.pop();
      this.#handlers.onSkipped(tag);
      this.#handlers.onError(encodingFailed(this.#settings, cause));
    }
  }

  /** The next frame will stand by itself. */
  wantKeyframe(): void {
    this.#wantsKeyframe = true;
  }

  setRate(fps: number, kbps: number): void {
    if (fps === this.#settings.fps && kbps === this.#settings.kbps) return;
    this.#settings.fps = fps;
    this.#settings.kbps = kbps;
    this.#rate.maxFps = fps;
    if (this.#encoder.state === 'configured') this.#configure();
  }

  /** The frames it is given may be larger: it scales them. */
  resize({ width, height }: CodecSize): void {
    if (width === this.#settings.width && height === this.#settings.height) return;
    this.#settings.width = width;
    this.#settings.height = height;
    if (this.#encoder.state === 'configured') this.#configure();
    this.#wantsKeyframe = true;
  }

  /** Frames still inside are skipped. */
  dispose(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
    for (const { tag } of this.#inside.splice(0)) this.#handlers.onSkipped(tag);
  }

  #configure(): void {
    const { codec, kbps } = this.#settings;
    this.#encoder.configure(encoderConfig(codec, this.#settings, this.#rate.fps, kbps));
  }

  #encoded(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): void {
    this.#color = readColor(metadata?.decoderConfig?.colorSpace) ?? this.#color;
    const tag = this.#tagOf(chunk.timestamp);
    if (tag === undefined) return;
    const data = new Uint8Array(chunk.byteLength + SEAL_BYTES);
    chunk.copyTo(data);
    seal(data);
    const keyframe = chunk.type === 'key';
    const color = keyframe ? this.#color : null;
    this.#handlers.onPacket({ sequence: this.#sequence++, timestampUs: chunk.timestamp, keyframe, color, data }, tag);
  }

  /** Packets come in the order of the frames; a frame passed over was left out. */
  #tagOf(timestampUs: number): Tag | undefined {
    for (let next = this.#inside.shift(); next; next = this.#inside.shift()) {
      if (next.timestampUs === timestampUs) return next.tag;
      this.#handlers.onSkipped(next.tag);
    }
    return undefined;
  }
}

function readColor(color: VideoColorSpaceInit | undefined): ColorSpace | null {
  if (!color) return null;
  const { primaries, transfer, matrix, fullRange } = color;
  return colorSpaceSchema.parse({ primaries, transfer, matrix, fullRange });
}

function encodingFailed({ codec, width, height }: FrameEncoderSettings, cause: unknown): MeshError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new MeshError(
    'unsupported-browser',
    `This browser cannot encode ${codec} at ${width}x${height} (${detail}).`,
    {
      cause,
    },
  );
}

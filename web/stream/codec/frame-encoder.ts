import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import { type ColorSpace, colorSpaceSchema } from '../../../shared/messages.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { DetailFrameMaker } from '../../compute/detail-frames.ts';
import { type Codec, encoderConfig } from './codecs.ts';
import { CHECKSUM_BYTES, writeChecksum } from './packet-checksum.ts';
import { StallWatch } from './stall-watch.ts';

/** Lowest frame rate set in an encoder, so that its rate control never budgets more than 100 ms' worth of bits for one frame. */
export const MIN_ENCODER_FPS = 10;
/** Weight of the newest interval in the measured frame rate. */
const SMOOTHING = 0.25;
/** The encoder is reconfigured when the frame rate has changed by this factor. */
const HYSTERESIS = 1.4;
/**
 * Frames between two such changes: an encoder takes a few to settle. The other side chooses the timestamps of the frames that a volunteer encodes,
 * and could have the encoder set up anew at every second one.
 */
const FRAMES_BETWEEN_CHANGES = 6;

/** One encoded frame as it is sent. */
export interface Packet {
  /** Counts this encoder's packets without gaps. */
  sequence: number;
  timestampUs: number;
  keyframe: boolean;
  /** Null except in keyframes. */
  color: ColorSpace | null;
  /** The encoded frame and its checksum. */
  data: Uint8Array;
}

export interface FrameEncoderSettings extends PictureSize {
  codec: Codec;
  fps: number;
  kbps: number;
}

export interface FrameEncoderHandlers<Tag> {
  onPacket(packet: Packet, tag: Tag): void;
  /** The encoder skipped the frame to keep its bitrate, or was disposed before it was encoded. */
  onSkipped(tag: Tag): void;
  /** The encoder failed and cannot be used any more. */
  onError(error: MeshError): void;
}

/**
 * Encodes one direction of a stream with WebCodecs.
 *
 * @typeParam Tag - the caller's data about a frame, handed back with its packet.
 */
export class FrameEncoder<Tag> {
  readonly #settings: FrameEncoderSettings;
  readonly #handlers: FrameEncoderHandlers<Tag>;
  readonly #encoder: VideoEncoder;
  /** Frames that the encoder holds, oldest first. */
  readonly #pending: { timestampUs: number; tag: Tag }[] = [];
  readonly #frameRate: FrameRateEstimator;
  readonly #stall = new StallWatch();
  #color: ColorSpace | null = null;
  #sequence = 0;
  #wantsKeyframe = true;

  /** Throws MeshError `unsupported-browser` if this browser has no such encoder. */
  constructor(settings: FrameEncoderSettings, handlers: FrameEncoderHandlers<Tag>) {
    this.#settings = { ...settings };
    this.#handlers = handlers;
    this.#frameRate = new FrameRateEstimator(settings.fps);
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

  /** Frames that the encoder holds. */
  get queued(): number {
    return this.#pending.length;
  }

  /** Whether the next frame becomes a keyframe. */
  get wantsKeyframe(): boolean {
    return this.#wantsKeyframe;
  }

  /** Encodes a frame, which the encoder scales to its size. The caller keeps the frame. Timestamps must increase. */
  encode(frame: VideoFrame, tag: Tag): void {
    this.#pending.push({ timestampUs: frame.timestamp, tag });
    try {
      if (this.#frameRate.addFrame(frame.timestamp)) this.#configure();
      this.#encoder.encode(frame, { keyFrame: this.#wantsKeyframe });
      this.#stall.frameIn();
      this.#wantsKeyframe = false;
    } catch (cause) {
      this.#pending.pop();
      this.#handlers.onSkipped(tag);
      this.#handlers.onError(encodingFailed(this.#settings, cause));
    }
  }

  /** To be called whenever there is a frame for it, whether it gets it or not: an encoder that withholds frames fails. */
  checkStall(nowMs: number): void {
    if (!this.#stall.isStalled(nowMs)) return;
    this.#stall.frameOut(0);
    this.#handlers.onError(encodingFailed(this.#settings, new Error('it takes frames but gives none out')));
  }

  /** Makes it give out what it holds. Rejects when it fails or is disposed. */
  flush(): Promise<void> {
    return this.#encoder.flush();
  }

  /** Makes the next frame a keyframe. */
  requestKeyframe(): void {
    this.#wantsKeyframe = true;
  }

  setRate(fps: number, kbps: number): void {
    if (fps === this.#settings.fps && kbps === this.#settings.kbps) return;
    this.#settings.fps = fps;
    this.#settings.kbps = kbps;
    this.#frameRate.maxFps = fps;
    if (this.#encoder.state === 'configured') this.#configure();
  }

  /** Changes the size of the encoded frames, starting with a keyframe. */
  resize({ width, height }: PictureSize): void {
    if (width === this.#settings.width && height === this.#settings.height) return;
    this.#settings.width = width;
    this.#settings.height = height;
    if (this.#encoder.state === 'configured') this.#configure();
    this.#wantsKeyframe = true;
  }

  /** Frames that the encoder still holds are reported as skipped. */
  dispose(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
    for (const { tag } of this.#pending.splice(0)) this.#handlers.onSkipped(tag);
  }

  #configure(): void {
    const { codec, kbps } = this.#settings;
    this.#encoder.configure(encoderConfig(codec, this.#settings, this.#frameRate.fps, kbps));
  }

  #encoded(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): void {
    this.#color = readColor(metadata?.decoderConfig?.colorSpace) ?? this.#color;
    const tag = this.#tagOf(chunk.timestamp);
    this.#stall.frameOut(this.#pending.length);
    if (tag === undefined) return;
    const data = new Uint8Array(chunk.byteLength + CHECKSUM_BYTES);
    chunk.copyTo(data);
    writeChecksum(data);
    const keyframe = chunk.type === 'key';
    const color = keyframe ? this.#color : null;
    this.#handlers.onPacket({ sequence: this.#sequence++, timestampUs: chunk.timestamp, keyframe, color, data }, tag);
  }

  /** Packets come in the order of the frames; a frame without a packet was skipped. */
  #tagOf(timestampUs: number): Tag | undefined {
    for (let next = this.#pending.shift(); next; next = this.#pending.shift()) {
      if (next.timestampUs === timestampUs) return next.tag;
      this.#handlers.onSkipped(next.tag);
    }
    return undefined;
  }
}

/**
 * Measures the frame rate for an encoder. An encoder divides its bitrate by the configured frame rate: if only a tenth of those frames
 * came, each would get a tenth of the bits it could have.
 */
export class FrameRateEstimator {
  #maxFps: number;
  #fps: number;
  #intervalUs: number | null = null;
  #lastUs: number | null = null;
  #framesSinceChange = FRAMES_BETWEEN_CHANGES;

  /** @param maxFps - the stream's limit, also assumed until frames are measured. */
  constructor(maxFps: number) {
    this.#maxFps = maxFps;
    this.#fps = maxFps;
  }

  get fps(): number {
    return this.#fps;
  }

  set maxFps(maxFps: number) {
    this.#maxFps = maxFps;
    this.#fps = Math.min(this.#fps, maxFps);
  }

  /** Adds a frame; returns whether the rate changed. */
  addFrame(timestampUs: number): boolean {
    const lastUs = this.#lastUs;
    this.#lastUs = timestampUs;
    this.#framesSinceChange++;
    if (lastUs === null || timestampUs <= lastUs) return false;
    const sampleUs = timestampUs - lastUs;
    this.#intervalUs =
      this.#intervalUs === null ? sampleUs : this.#intervalUs + SMOOTHING * (sampleUs - this.#intervalUs);
    const fps = Math.min(Math.max(1e6 / this.#intervalUs, MIN_ENCODER_FPS), this.#maxFps);
    const reachesMax = fps === this.#maxFps && this.#fps < fps;
    if (!reachesMax && fps < this.#fps * HYSTERESIS && fps > this.#fps / HYSTERESIS) return false;
    if (this.#framesSinceChange < FRAMES_BETWEEN_CHANGES) return false;
    this.#framesSinceChange = 0;
    this.#fps = fps;
    return true;
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
    `This browser cannot encode ${codec} at ${width}x${height} (${detail}). The stream tries the next codec; VP8 works in every current browser.`,
    {
      cause,
    },
  );
}

/**
 * Codecs whose detail begins with a keyframe of no detail, which takes 0.2 to 0.4 kB instead of 6 to 20: the first difference carries nearly as much detail,
 * and is in time. H.264 and VP8 spend as much on the differences then (docs/streams.md).
 */
const EMPTY_KEYFRAMES: readonly Codec[] = ['av1', 'vp9'];

/** Encodes a frame of detail. The caller keeps it. */
export function encodeDetail<Tag>(encoder: FrameEncoder<Tag>, codec: Codec, frame: VideoFrame, tag: Tag): void {
  if (!encoder.wantsKeyframe || !EMPTY_KEYFRAMES.includes(codec)) {
    encoder.encode(frame, tag);
    return;
  }
  const { displayWidth: width, displayHeight: height, timestamp, duration } = frame;
  const codes = new Uint8Array(width * height).fill(NO_DETAIL_CODE);
  const time = { timestamp, duration, hasAlpha: false };
  const empty = new DetailFrameMaker().make({ codes, width, height, strideBytes: width }, time);
  try {
    encoder.encode(empty, tag);
  } finally {
    empty.close();
  }
}

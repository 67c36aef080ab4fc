import { MeshError } from '../../../shared/errors.ts';
import type { StreamSetup, VideoMessage, VolunteerDropCause } from '../../../shared/messages.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { Carried } from '../../../shared/wire.ts';
import type { Codec } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import { FrameEncoder, type Packet } from '../codec/frame-encoder.ts';
import { KeyframeRequests } from '../codec/keyframe-requests.ts';
import type { UpscaleOutcome } from '../frame.ts';
import { canBecome, sizeOf } from '../frame-size.ts';
import { RateController } from '../transport/rate-controller.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import { STREAM } from '../tuning.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { FramePace } from '../upscale/frame-pace.ts';
import { FrameSharpener } from '../upscale/frame-sharpener.ts';

export type CheckedSetup = StreamSetup & { codec: Codec };

export interface VolunteerStreamOptions {
  setup: CheckedSetup;
  channel: VideoChannel;
  engine: FrameEngine;
  now(): number;
  /** A sharp frame left for the gamer; `computeMs` is what the engine took. */
  onFrameDone(computeMs: number): void;
  /** The stream cannot go on. Called once. */
  onFailed(error: MeshError): void;
}

/** A frame held here, with its moments on this machine's clock. */
export interface HeldFrame extends UpscaleOutcome {
  frameId: number;
  arrivedMs: number;
  decodedMs: number;
  computeStartMs: number;
  computedMs: number;
}

/**
 * The volunteer's end of one stream: receive, decode, sharpen, encode, send. Every frame is answered once, with its sharp picture
 * or with why there is none.
 */
export class VolunteerStream {
  readonly #options: VolunteerStreamOptions;
  readonly #decoder: FrameDecoder<HeldFrame>;
  readonly #sharpener: FrameSharpener<HeldFrame>;
  readonly #encoder: FrameEncoder<HeldFrame>;
  readonly #pace = new FramePace();
  readonly #rate: RateController;
  readonly #keyframeRequests: KeyframeRequests;
  readonly #stopListening: () => void;
  #setup: CheckedSetup;
  #held = 0;
  #disposed = false;

  /** Throws MeshError when the engine or this browser's encoder cannot do it. */
  constructor(options: VolunteerStreamOptions) {
    this.#options = options;
    const { setup, channel, engine, now } = options;
    const { streamId, codec, width, height, outWidth, outHeight, fps, downlinkKbps } = setup;
    this.#setup = setup;
    this.#rate = new RateController(downlinkKbps);
    const onError = (error: MeshError) => this.#fail(error);
    this.#keyframeRequests = new KeyframeRequests(
      () => channel.trySendNote({ kind: 'keyframe-request', streamId }),
      now,
    );
    this.#sharpener = new FrameSharpener(engine, setup, now, {
      onSharp: (frame, held) => this.#sharpened(frame, held),
      onDropped: (held, cause) => this.#drop(held, cause),
      onError,
    });
    try {
      this.#encoder = new FrameEncoder(
        { codec, width: outWidth, height: outHeight, fps, kbps: this.#rate.kbps },
        {
          onPacket: (packet, held) => this.#send(packet, held),
          onSkipped: (held) => this.#drop(held, 'encoder-skipped'),
          onError,
        },
      );
    } catch (cause) {
      this.#sharpener.dispose();
      throw cause;
    }
    this.#decoder = new FrameDecoder(
      codec,
      { width, height },
      {
        onFrame: (frame, held) => this.#decoded(frame, held),
        onUndecoded: (held, cause) => this.#drop(held, cause),
        onKeyframeNeeded: () => this.#keyframeRequests.need(),
        onKeyframeDecoded: () => this.#keyframeRequests.satisfied(),
        onError,
      },
    );
    this.#stopListening = channel.listen(streamId, {
      onMessage: (item) => this.#received(item),
      onLost: () => this.#keyframeRequests.need(),
    });
  }

  get backend(): string {
    return this.#sharpener.backend;
  }

  /** What its frames are made with now. */
  get quality(): Quality {
    return this.#sharpener.made.quality;
  }

  /** Frames held, from arrival to answer. */
  get held(): number {
    return this.#held;
  }

  /** Throws MeshError `bad-input` for what only another stream can have. */
  change(setup: CheckedSetup): void {
    const { codec, width, height, outWidth, outHeight } = this.#setup;
    const isSameShape =
      setup.codec === codec &&
      setup.width === width &&
      setup.height === height &&
      setup.outWidth === outWidth &&
      setup.outHeight === outHeight;
    if (!isSameShape) throw MeshError.badInput('An open stream keeps its codec and sizes. Open another stream.');
    this.#setup = setup;
    this.#sharpener.quality = setup.quality;
    this.#followRate();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stopListening();
    this.#decoder.dispose();
    this.#sharpener.dispose();
    this.#encoder.dispose();
  }

  #received({ message, attachments }: Carried<VideoMessage>): void {
    if (message.kind === 'keyframe-request') this.#encoder.wantKeyframe();
    else if (message.kind === 'ack') this.#acknowledged(message);
    else if (message.kind === 'frame') this.#arrived(message, attachments[0] ?? new Uint8Array());
  }

  #arrived(message: Extract<VideoMessage, { kind: 'frame' }>, data: Uint8Array): void {
    const { streamId, frameId, sequence, timestampUs, keyframe, color } = message;
    const nowMs = this.#options.now();
    this.#held++;
    this.#options.channel.trySendNote({ kind: 'ack', streamId, frameId, receivedMs: nowMs });
    this.#pace.frame(frameId, timestampUs / 1000, nowMs);
    this.#sharpener.budgetMs = this.#pace.budgetMs(this.#setup.fps);
    const moments = { arrivedMs: nowMs, decodedMs: nowMs, computeStartMs: nowMs, computedMs: nowMs };
    const held = { frameId, ...moments, ...this.#sharpener.made };
    this.#decoder.decode({ sequence, timestampUs, keyframe, color, data }, held);
  }

  #acknowledged({ frameId, receivedMs }: Extract<VideoMessage, { kind: 'ack' }>): void {
    if (this.#rate.acknowledged(frameId, receivedMs, this.#options.now())) this.#followRate();
  }

  #followRate(): void {
    this.#encoder.setRate(this.#setup.fps, this.#rate.kbps);
  }

  #decoded(frame: VideoFrame, held: HeldFrame): void {
    held.decodedMs = this.#options.now();
    // Its gamer may send smaller ones than the setup's, over a bad way; the answer is as large.
    const { width, height } = this.#setup;
    const size = sizeOf(frame);
    if (size.width <= width && size.height <= height && canBecome(size, this.#setup))
      this.#sharpener.offer(frame, held);
    else {
      frame.close();
      this.#drop(held, 'undecodable');
    }
  }

  /** Takes the frame over. */
  #sharpened(frame: VideoFrame, held: HeldFrame): void {
    const { channel } = this.#options;
    try {
      // Better left out before the encoder than after it, when later frames would build on it.
      if (!channel.hasRoom(this.#rate.kbps)) this.#downlinkFull(held);
      else if (this.#encoder.queued >= STREAM.maxFramesWaiting) this.#drop(held, 'volunteer-busy');
      else this.#encoder.encode(frame, held);
    } finally {
      frame.close();
    }
  }

  #send({ data, ...packet }: Packet, held: HeldFrame): void {
    const { channel, now, onFrameDone } = this.#options;
    const { streamId } = this.#setup;
    const { frameId, arrivedMs, decodedMs, computeStartMs, computedMs, quality, lowered } = held;
    const sentMs = now();
    const stages = {
      queueMs: computeStartMs - decodedMs,
      decodeMs: decodedMs - arrivedMs,
      computeMs: computedMs - computeStartMs,
      encodeMs: sentMs - computedMs,
      totalMs: sentMs - arrivedMs,
    };
    const downlinkKbps = this.#rate.kbps;
    const made = { quality, lowered };
    const message = { kind: 'sharper', streamId, frameId, ...packet, stages, ...made, downlinkKbps } as const;
    if (!channel.trySendFrame(message, data, this.#rate.kbps)) {
      this.#encoder.wantKeyframe();
      this.#downlinkFull(held);
      return;
    }
    this.#rate.sent(frameId, data.byteLength, sentMs);
    this.#held--;
    onFrameDone(stages.computeMs);
  }

  #downlinkFull(held: HeldFrame): void {
    if (this.#rate.congested(this.#options.now())) this.#followRate();
    this.#drop(held, 'downlink-full');
  }

  #drop({ frameId }: HeldFrame, why: VolunteerDropCause): void {
    this.#held--;
    const { streamId } = this.#setup;
    if (!this.#disposed) this.#options.channel.trySendNote({ kind: 'dropped', streamId, frameId, why });
  }

  #fail(error: MeshError): void {
    if (this.#disposed) return;
    this.dispose();
    this.#options.onFailed(error);
  }
}

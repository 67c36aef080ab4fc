import { isAboveBase } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { VideoMessage, VolunteerDropCause } from '../../../shared/messages.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { MessageWithAttachments } from '../../../shared/wire.ts';
import { isPlain } from '../../compute/video-frames.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import { encodeDetail, FrameEncoder, type Packet } from '../codec/frame-encoder.ts';
import { canBecome, isSameSize, type StreamSize, sizeOf } from '../frame-size.ts';
import { queueLimitsFor, RateController } from '../transport/rate-controller.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import { AdaptiveUpscaler } from '../upscale/adaptive-upscaler.ts';
import { FrameBudget } from '../upscale/frame-budget.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { type TimedOutcome, UpscaleQueue } from '../upscale/upscale-queue.ts';

/** Decoded frames that may wait for the engine, and upscaled ones for the encoder: a decoder stalls at about ten open frames. */
const MAX_FRAMES_WAITING = 3;
/** Failures of the engine in a row after which the stream is given up. */
const MAX_UPSCALE_FAILURES = 3;

/**
 * Shortest time between two changes of a stream's settings, or of the size of its frames, ms: a person who moves a slider does not notice, and a flood
 * costs little.
 */
export const CHANGE_INTERVAL_MS = 200;

export interface VolunteerStreamOptions {
  setup: CheckedSetup;
  channel: VideoChannel;
  engine: FrameEngine;
  now(): number;
  /** An upscaled frame was sent to the gamer. See {@link VolunteerStreamsOptions.onFrameDone}. */
  onFrameDone(kind: string, computeMs: number): void;
  /** The stream cannot go on. Called once. */
  onFailed(error: MeshError): void;
  /** The gamer sent what no honest one sends: the link must end. */
  onHostile(error: MeshError): void;
}

/** A frame between arrival and answer, with its times on this machine's clock. */
interface HeldFrame {
  frameId: number;
  arrivedMs: number;
  decodedMs: number;
}

type UpscaledFrame = HeldFrame & { outcome: TimedOutcome };

/**
 * The volunteer's end of one stream: receive, decode, upscale, encode, send. Every frame is answered once: with its picture, with its
 * detail, or with the reason why there is none.
 */
export class VolunteerStream {
  readonly #options: VolunteerStreamOptions;
  readonly #decoder: FrameDecoder<HeldFrame>;
  readonly #upscaler: AdaptiveUpscaler;
  readonly #queue: UpscaleQueue<HeldFrame>;
  readonly #encoder: FrameEncoder<UpscaledFrame>;
  readonly #budget = new FrameBudget();
  /** Rate of the downlink. */
  readonly #rate: RateController;
  readonly #stopListening: () => void;
  #setup: CheckedSetup;
  /** The settings in effect: the setup's, or earlier ones. */
  #applied: CheckedSetup;
  #changedMs = Number.NEGATIVE_INFINITY;
  /** Size of its frames, and how they enter the GPU: others need other resources there. */
  #form = '';
  #formChangedMs = Number.NEGATIVE_INFINITY;
  #held = 0;
  #upscaleFailures = 0;
  #isDisposed = false;

  /** Throws MeshError if the engine or this browser's encoder does not support the setup. */
  constructor(options: VolunteerStreamOptions) {
    this.#options = options;
    const { setup, channel, engine, now } = options;
    const { streamId, codec, width, height, outWidth, outHeight, quality, fps, downlinkKbps, detail } = setup;
    this.#setup = setup;
    this.#applied = setup;
    this.#rate = new RateController(downlinkKbps, queueLimitsFor(detail));
    const onError = (error: MeshError) => this.#fail(error);
    this.#upscaler = new AdaptiveUpscaler(
      engine,
      { outWidth, outHeight, quality, detail, isBaseShown: detail !== null },
      now,
    );
    this.#queue = new UpscaleQueue({
      capacity: MAX_FRAMES_WAITING,
      now,
      onUpscaled: (frame, held, outcome) => this.#upscaled(frame, held, outcome),
      onFailed: (_, held, cause) => this.#upscaleFailed(held, cause),
      onDropped: (held) => this.#drop(held, 'volunteer-busy'),
    });
    this.#queue.upscaler = this.#upscaler;
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
      this.#queue.dispose();
      throw cause;
    }
    this.#decoder = new FrameDecoder(codec, { width, height }, now, {
      onFrame: (frame, held) => this.#decoded(frame, held),
      onUndecoded: (held, cause) => this.#drop(held, cause),
      onKeyframeNeeded: () => channel.trySendNote({ kind: 'keyframe-request', streamId }),
      onError,
      onOversized: (error) => options.onHostile(error),
    });
    this.#stopListening = channel.listen(streamId, {
      onMessage: (item) => this.#received(item),
      onLost: () => this.#decoder.packetLost(),
    });
  }

  get backend(): string {
    return this.#upscaler.backend;
  }

  get size(): StreamSize {
    return this.#setup;
  }

  /** Quality of its frames at the moment. */
  get quality(): Quality {
    return this.#upscaler.outcome.quality;
  }

  /** Frames between arrival and answer. */
  get held(): number {
    return this.#held;
  }

  /** Changes quality and frame rate in place, at once or within {@link CHANGE_INTERVAL_MS}. Throws MeshError `bad-input` for another codec or size. */
  change(setup: CheckedSetup): void {
    if (setup.codec !== this.#setup.codec || !isSameSize(setup, this.#setup) || !isSameCoding(setup, this.#setup)) {
      throw MeshError.badInput('An open stream keeps its codec, sizes and coding. Open another stream instead.');
    }
    this.#setup = setup;
    this.#applyChange();
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#stopListening();
    this.#decoder.dispose();
    this.#queue.dispose();
    this.#encoder.dispose();
  }

  #received({ message, attachments }: MessageWithAttachments<VideoMessage>): void {
    if (message.kind === 'keyframe-request') this.#encoder.requestKeyframe();
    else if (message.kind === 'ack') this.#acknowledged(message);
    else if (message.kind === 'frame') this.#arrived(message, attachments[0] ?? new Uint8Array());
  }

  #arrived(message: Extract<VideoMessage, { kind: 'frame' }>, data: Uint8Array): void {
    const { streamId, frameId, sequence, timestampUs, keyframe, color } = message;
    const nowMs = this.#options.now();
    this.#held++;
    this.#applyChange();
    this.#options.channel.trySendNote({ kind: 'ack', streamId, frameId, receivedMs: nowMs });
    this.#budget.frame(frameId, timestampUs / 1000, nowMs);
    this.#upscaler.budgetMs = this.#budget.volunteerMs(this.#applied.fps);
    const held = { frameId, arrivedMs: nowMs, decodedMs: nowMs };
    this.#decoder.decode({ sequence, timestampUs, keyframe, color, data }, held);
  }

  #acknowledged({ frameId, receivedMs }: Extract<VideoMessage, { kind: 'ack' }>): void {
    if (this.#rate.onAcknowledged(frameId, receivedMs, this.#options.now())) this.#applyRate();
  }

  /** Applies the newest settings, unless others have just been applied: then the next frame does. */
  #applyChange(): void {
    const nowMs = this.#options.now();
    if (this.#applied === this.#setup || nowMs < this.#changedMs + CHANGE_INTERVAL_MS) return;
    this.#changedMs = nowMs;
    this.#applied = this.#setup;
    this.#upscaler.quality = this.#applied.quality;
    this.#applyRate();
  }

  #applyRate(): void {
    this.#encoder.setRate(this.#applied.fps, this.#rate.kbps);
  }

  #decoded(frame: VideoFrame, held: HeldFrame): void {
    held.decodedMs = this.#options.now();
    const cause = this.#refusal(frame);
    if (cause === null) {
      this.#queue.offer(frame, held);
    } else {
      frame.close();
      this.#drop(held, cause);
    }
  }

  /** Why a frame is not upscaled; null if it is. */
  #refusal(frame: VideoFrame): VolunteerDropCause | null {
    // Over a slow uplink the gamer may send frames smaller than the setup's; the answer keeps its size.
    const { width, height } = this.#setup;
    const size = sizeOf(frame);
    if (size.width > width || size.height > height || !canBecome(size, this.#setup)) return 'undecodable';
    const form = `${size.width}x${size.height} ${isPlain(frame)}`;
    if (form === this.#form) return null;
    const nowMs = this.#options.now();
    if (nowMs < this.#formChangedMs + CHANGE_INTERVAL_MS) return 'volunteer-busy';
    this.#form = form;
    this.#formChangedMs = nowMs;
    return null;
  }

  /** Takes ownership of the frame. */
  #upscaled(frame: VideoFrame, held: HeldFrame, outcome: TimedOutcome): void {
    const { channel } = this.#options;
    this.#upscaleFailures = 0;
    try {
      this.#encoder.checkStall(this.#options.now());
      if (this.#isDisposed) return;
      if (this.#hasNoDetail(outcome.quality)) this.#drop(held, 'too-slow');
      // Dropping a frame before the encoder is better than after it, when later frames would depend on it.
      else if (!channel.hasCapacity(this.#rate.kbps)) this.#downlinkFull(held);
      else if (this.#encoder.queued >= MAX_FRAMES_WAITING) this.#drop(held, 'volunteer-busy');
      else this.#encode(frame, { ...held, outcome });
    } finally {
      frame.close();
    }
  }

  /** The caller keeps the frame. */
  #encode(frame: VideoFrame, held: UpscaledFrame): void {
    if (this.#setup.detail) encodeDetail(this.#encoder, this.#setup.codec, frame, held);
    else this.#encoder.encode(frame, held);
  }

  /** Detail of the base itself is nothing, and that of a lesser filter would make the picture worse. */
  #hasNoDetail(quality: Quality): boolean {
    const { detail } = this.#setup;
    return detail !== null && !isAboveBase(quality, detail.base);
  }

  #upscaleFailed(held: HeldFrame, cause: unknown): void {
    this.#upscaleFailures++;
    this.#drop(held, 'compute-failed');
    if (this.#upscaleFailures >= MAX_UPSCALE_FAILURES) this.#fail(MeshError.from(cause, 'volunteer-failed'));
  }

  #send({ data, ...packet }: Packet, held: UpscaledFrame): void {
    const { channel, now, onFrameDone } = this.#options;
    const { streamId } = this.#setup;
    const { frameId, arrivedMs, decodedMs, outcome } = held;
    const { computeStartMs, computedMs, quality, downgradeReason: lowered } = outcome;
    const sentMs = now();
    const stages = {
      queueMs: computeStartMs - decodedMs,
      decodeMs: decodedMs - arrivedMs,
      computeMs: computedMs - computeStartMs,
      encodeMs: sentMs - computedMs,
      totalMs: sentMs - arrivedMs,
    };
    const downlinkKbps = this.#rate.kbps;
    const answer = { ...packet, stages, quality, lowered, downlinkKbps };
    const message = { kind: 'answer', streamId, frameId, ...answer } as const;
    if (!channel.trySendFrame(message, data, downlinkKbps)) {
      this.#encoder.requestKeyframe();
      this.#downlinkFull(held);
      return;
    }
    this.#rate.onSent(frameId, data.byteLength, sentMs);
    this.#held--;
    const { width, height, outWidth, outHeight } = this.#setup;
    onFrameDone(`${quality} ${width}x${height} ${outWidth}x${outHeight}`, stages.computeMs);
  }

  #downlinkFull(held: HeldFrame): void {
    if (this.#rate.onCongestion(this.#options.now())) this.#applyRate();
    this.#drop(held, 'downlink-full');
  }

  #drop({ frameId }: HeldFrame, why: VolunteerDropCause): void {
    this.#held--;
    const { streamId } = this.#setup;
    if (!this.#isDisposed) this.#options.channel.trySendNote({ kind: 'dropped', streamId, frameId, why });
  }

  #fail(error: MeshError): void {
    if (this.#isDisposed) return;
    this.dispose();
    this.#options.onFailed(error);
  }
}

function isSameCoding({ detail: one }: CheckedSetup, { detail: other }: CheckedSetup): boolean {
  return one?.base === other?.base && one?.gain === other?.gain && one?.deadZone === other?.deadZone;
}

import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { VideoMessage } from '../../../shared/messages.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import { DetailReader, isNoDetail } from '../compose/detail-reader.ts';
import type { DropCause, FrameDetail, UpscaledFrame, UpscaleOutcome } from '../frame.ts';
import { sizeOf } from '../frame-size.ts';
import { volunteerFrameStages } from '../frame-timing.ts';
import type { InFlightFrame } from '../transport/in-flight-window.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import type { PictureCheck } from '../verify/picture-check.ts';

const log = logger('stream.answers');

export type AnswerMessage = Extract<VideoMessage, { kind: 'answer' }>;

export interface AnswerReceiverOptions {
  setup: CheckedSetup;
  volunteerId: string;
  /** The volunteer's display name, for error messages. */
  name: string;
  channel: VideoChannel;
  clock: Clock;
  check: PictureCheck;
  /** Passes ownership of a verified picture; `decodedMs` is the current time. */
  onPicture(picture: UpscaledFrame & { outcome: UpscaleOutcome }, decodedMs: number): void;
  /** Passes detail whose size is right; `decodedMs` is the current time. `isEmpty`: only a keyframe to code later detail upon. */
  onDetail(detail: FrameDetail, decodedMs: number, isEmpty: boolean): void;
  onDropped(frame: InFlightFrame, cause: DropCause): void;
  /** The decoder failed, or a second picture was wrong. */
  onFailed(error: MeshError): void;
}

interface Answer {
  message: AnswerMessage;
  arrivedMs: number;
  downlinkBytes: number;
  /** Undefined if the frame was given up before the answer arrived. Its packet is decoded all the same: later ones depend on it. */
  frame: InFlightFrame | undefined;
}

/** Decodes the answers of one volunteer, and verifies that they have the right size and belong to what was sent. */
export class AnswerReceiver {
  readonly #options: AnswerReceiverOptions;
  readonly #decoder: FrameDecoder<Answer>;
  readonly #reader: DetailReader;
  /** Details are read one after the other, in the order of their frames. */
  #reading = Promise.resolve();

  constructor(options: AnswerReceiverOptions) {
    this.#options = options;
    const { setup, channel, clock, onDropped, onFailed } = options;
    const { codec, outWidth, outHeight, streamId } = setup;
    this.#reader = new DetailReader({ width: outWidth, height: outHeight });
    this.#decoder = new FrameDecoder(codec, { width: outWidth, height: outHeight }, () => clock.now(), {
      onFrame: (picture, answer) => this.#decoded(picture, answer),
      onUndecoded: ({ frame }, cause) => frame && onDropped(frame, cause),
      onKeyframeNeeded: () => channel.trySendNote({ kind: 'keyframe-request', streamId }),
      onError: onFailed,
      onOversized: () => onFailed(MeshError.wrongFrame(`${options.name} sent back pictures larger than agreed.`)),
    });
  }

  receive(message: AnswerMessage, data: Uint8Array, frame: InFlightFrame | undefined): void {
    const { sequence, timestampUs, keyframe, color } = message;
    const answer = { message, frame, arrivedMs: this.#options.clock.now(), downlinkBytes: data.byteLength };
    this.#decoder.decode({ sequence, timestampUs, keyframe, color, data }, answer);
  }

  /** A packet was lost that may have been an answer. */
  packetLost(): void {
    this.#decoder.packetLost();
  }

  dispose(): void {
    this.#decoder.dispose();
  }

  #decoded(picture: VideoFrame, answer: Answer): void {
    const { frame } = answer;
    if (!frame || frame.sentMs === null) {
      picture.close();
      return;
    }
    const { width, height } = sizeOf(picture);
    const { outWidth, outHeight, detail } = this.#options.setup;
    if (width !== outWidth || height !== outHeight) {
      picture.close();
      this.#options.onDropped(frame, 'wrong-size');
    } else if (detail) {
      this.#reading = this.#reading.then(() => this.#readDetail({ picture, gain: detail.gain }, answer, frame));
    } else this.#passPicture(picture, answer, frame);
  }

  /** Takes ownership of the picture. */
  #passPicture(picture: VideoFrame, answer: Answer, frame: InFlightFrame): void {
    const cause = this.#verify(picture, frame);
    if (cause !== null) {
      picture.close();
      this.#options.onDropped(frame, cause);
      return;
    }
    const decodedMs = this.#options.clock.now();
    this.#options.onPicture({ ...this.#made(answer, frame, decodedMs), frame: picture }, decodedMs);
  }

  /** Takes ownership of the picture. Never rejects. */
  async #readDetail(
    { picture, gain }: { picture: VideoFrame; gain: number },
    answer: Answer,
    frame: InFlightFrame,
  ): Promise<void> {
    try {
      const reader = this.#reader;
      const codes = await reader.read(picture);
      const decodedMs = this.#options.clock.now();
      const isEmpty = answer.message.keyframe && isNoDetail(codes);
      // Holds no more than the reader: detail of a still picture may outlive its volunteer's route.
      let isReleased = false;
      const release = () => {
        if (!isReleased) reader.reuse(codes);
        isReleased = true;
      };
      this.#options.onDetail({ ...this.#made(answer, frame, decodedMs), codes, gain, release }, decodedMs, isEmpty);
    } catch (cause) {
      this.#options.onDropped(frame, 'undecodable');
      log.warn('detail not read', { reason: MeshError.from(cause).reason });
    } finally {
      picture.close();
    }
  }

  /** What is known of a frame that was answered. */
  #made({ message, arrivedMs, downlinkBytes }: Answer, frame: InFlightFrame, decodedMs: number) {
    const { frameId, purpose, capturedMs, encodeStartMs, uplinkBytes } = frame;
    const { quality, lowered, stages } = message;
    // It was sent, or it could not have been answered.
    const sentMs = frame.sentMs ?? encodeStartMs;
    const moments = { capturedMs, encodeStartMs, sentMs, arrivedMs, decodedMs, uplinkBytes, downlinkBytes };
    return {
      frameId,
      capturedMs,
      purpose,
      outcome: { quality, downgradeReason: lowered },
      volunteerId: this.#options.volunteerId,
      stagesAt: (presentedMs: number) => volunteerFrameStages({ ...moments, volunteer: stages, presentedMs }),
    };
  }

  /** Why the picture must not be shown; null if it may be. */
  #verify(picture: VideoFrame, frame: InFlightFrame): DropCause | null {
    const { name, check, onFailed } = this.#options;
    const verdict = check.after(frame.thumbnail, picture);
    if (verdict === 'wrong') {
      onFailed(MeshError.wrongFrame(`${name} sent back pictures of something else.`));
    }
    return verdict === 'right' ? null : 'wrong-picture';
  }
}

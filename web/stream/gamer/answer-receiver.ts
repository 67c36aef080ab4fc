import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { VideoMessage } from '../../../shared/messages.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import type { DropCause, UpscaledFrame, UpscaleOutcome } from '../frame.ts';
import { sizeOf } from '../frame-size.ts';
import { volunteerFrameStages } from '../frame-timing.ts';
import type { InFlightFrame } from '../transport/in-flight-window.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import type { PictureCheck } from '../verify/picture-check.ts';

export type AnswerMessage = Extract<VideoMessage, { kind: 'sharper' }>;

export interface AnswerReceiverOptions {
  setup: CheckedSetup;
  volunteerId: string;
  /** Display name of the volunteer. */
  name: string;
  channel: VideoChannel;
  clock: Clock;
  check: PictureCheck;
  /** Passes ownership of a verified picture; `decodedMs` is the current time. */
  onPicture(picture: UpscaledFrame & { outcome: UpscaleOutcome }, decodedMs: number): void;
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

/** Decodes the answers of one volunteer, and verifies that their pictures have the right size and show what was sent. */
export class AnswerReceiver {
  readonly #options: AnswerReceiverOptions;
  readonly #decoder: FrameDecoder<Answer>;

  constructor(options: AnswerReceiverOptions) {
    this.#options = options;
    const { setup, channel, clock, onDropped, onFailed } = options;
    const { codec, outWidth, outHeight, streamId } = setup;
    this.#decoder = new FrameDecoder(codec, { width: outWidth, height: outHeight }, () => clock.now(), {
      onFrame: (picture, answer) => this.#decoded(picture, answer),
      onUndecoded: ({ frame }, cause) => frame && onDropped(frame, cause),
      onKeyframeNeeded: () => channel.trySendNote({ kind: 'keyframe-request', streamId }),
      onError: onFailed,
      onMisfit: () =>
        onFailed(MeshError.verifyFailed(`${options.name} answered a live stream with pictures larger than agreed.`)),
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
    const cause = this.#verify(picture, frame);
    if (cause !== null) {
      picture.close();
      this.#options.onDropped(frame, cause);
      return;
    }
    const { message, arrivedMs, downlinkBytes } = answer;
    const { frameId, purpose, capturedMs, encodeStartMs, sentMs, uplinkBytes } = frame;
    const { quality, lowered, stages } = message;
    const decodedMs = this.#options.clock.now();
    const moments = { capturedMs, encodeStartMs, sentMs, arrivedMs, decodedMs, uplinkBytes, downlinkBytes };
    const upscaled = {
      frameId,
      purpose,
      frame: picture,
      outcome: { quality, downgradeReason: lowered },
      volunteerId: this.#options.volunteerId,
      stagesAt: (presentedMs: number) => volunteerFrameStages({ ...moments, volunteer: stages, presentedMs }),
    };
    this.#options.onPicture(upscaled, decodedMs);
  }

  /** Why the picture must not be shown; null if it may be. */
  #verify(picture: VideoFrame, frame: InFlightFrame): DropCause | null {
    const { setup, name, check, onFailed } = this.#options;
    const { width, height } = sizeOf(picture);
    if (width !== setup.outWidth || height !== setup.outHeight) return 'wrong-size';
    const verdict = check.after(frame.thumbnail, picture);
    if (verdict === 'wrong') {
      onFailed(MeshError.verifyFailed(`${name} answered a live stream with pictures of something else.`));
    }
    return verdict === 'right' ? null : 'wrong-picture';
  }
}

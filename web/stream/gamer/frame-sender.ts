import type { Clock } from '../../../shared/clock.ts';
import type { MeshError } from '../../../shared/errors.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import { FrameEncoder, type Packet } from '../codec/frame-encoder.ts';
import type { DropCause } from '../frame.ts';
import type { InFlightFrame } from '../transport/in-flight-window.ts';
import { queueLimitsFor, RateController } from '../transport/rate-controller.ts';
import { SendAdaptation } from '../transport/send-adaptation.ts';
import type { VideoChannel } from '../transport/video-channel.ts';

export interface FrameSenderOptions {
  setup: CheckedSetup;
  channel: VideoChannel;
  clock: Clock;
  /** Time between two frames of the source, ms. */
  sourceIntervalMs(): number;
  /** A frame was handed to the channel; the link needs `transmitMs` for it and the data queued before it. */
  onSent(frame: InFlightFrame, transmitMs: number): void;
  /** A packet was handed to the channel. */
  onPacket(packet: Packet, frameId: number): void;
  /** A frame will not be sent. */
  onUnsent(frame: InFlightFrame, cause: DropCause): void;
  /** The encoder failed and cannot be used any more. */
  onError(error: MeshError): void;
}

/**
 * Encodes frames and sends them to one volunteer. The bitrate follows the link's capacity ({@link RateController}), the frame rate and size
 * follow the bitrate ({@link SendAdaptation}), and a frame that does not fit into the channel's queue is dropped whole.
 */
export class FrameSender {
  readonly #options: FrameSenderOptions;
  readonly #encoder: FrameEncoder<InFlightFrame>;
  readonly #rate: RateController;
  readonly #adaptation: SendAdaptation;
  #fps: number;
  #downlinkKbps: number | null = null;

  /** Throws MeshError `unsupported-browser` if this browser has no such encoder. */
  constructor(options: FrameSenderOptions) {
    this.#options = options;
    const { codec, width, height, fps, uplinkKbps, detail } = options.setup;
    this.#fps = fps;
    this.#rate = new RateController(uplinkKbps, queueLimitsFor(detail));
    this.#adaptation = new SendAdaptation(options.setup);
    this.#encoder = new FrameEncoder(
      { codec, width, height, fps, kbps: this.#rate.kbps },
      {
        onPacket: (packet, frame) => this.#transmit(packet, frame),
        onSkipped: (frame) => options.onUnsent(frame, 'encoder-skipped'),
        onError: options.onError,
      },
    );
  }

  /** Time between two frames to send, ms; 0 while every frame is sent. */
  get intervalMs(): number {
    return this.#adaptation.intervalMs;
  }

  /** Width of the frames as they are sent, pixels. */
  get width(): number {
    return this.#adaptation.size.width;
  }

  get bitsPerPixel(): number {
    const { width, height } = this.#options.setup;
    return (1000 * this.#rate.kbps) / (width * height * this.#fps);
  }

  set fps(fps: number) {
    this.#fps = fps;
    this.#adapt();
  }

  /** Rate of the downlink, reported or agreed. */
  get downlinkKbps(): number {
    return this.#downlinkKbps ?? this.#options.setup.downlinkKbps;
  }

  /** Rate of the downlink as the volunteer reports it; counts from the next adaptation on. */
  set downlinkKbps(downlinkKbps: number) {
    this.#downlinkKbps = downlinkKbps;
  }

  /** To be called whenever there is a frame, whether it is sent or not. */
  checkStall(nowMs: number): void {
    this.#encoder.checkStall(nowMs);
  }

  /**
   * Whether a frame would be sent now. A full channel is a sign of congestion each time this is called: with one sign a frame the rate fell
   * too late (p95 glass to glass in a squeeze 345-389 ms, now 228-306 ms).
   */
  canSend(nowMs: number): boolean {
    if (!this.#adaptation.isDue(nowMs)) return false;
    if (this.#options.channel.hasCapacity(this.#rate.kbps)) return true;
    this.#congested(nowMs);
    return false;
  }

  /** Encodes and sends a frame of the setup's size. The caller keeps `source`. */
  send(source: VideoFrame, frame: InFlightFrame): void {
    this.#adaptation.sent(frame.encodeStartMs);
    this.#encoder.encode(source, frame);
  }

  /** @param receivedMs - on the volunteer's clock. */
  acknowledged(frameId: number, receivedMs: number, nowMs: number): void {
    this.#rate.onAcknowledged(frameId, receivedMs, nowMs);
    this.#adapt();
  }

  requestKeyframe(): void {
    this.#encoder.requestKeyframe();
  }

  dispose(): void {
    this.#encoder.dispose();
  }

  #transmit({ data, ...packet }: Packet, frame: InFlightFrame): void {
    const { setup, channel, clock, onSent, onPacket, onUnsent } = this.#options;
    frame.sentMs = clock.now();
    frame.uplinkBytes = data.byteLength;
    const message = { kind: 'frame', streamId: setup.streamId, frameId: frame.frameId, ...packet } as const;
    if (channel.trySendFrame(message, data, this.#rate.kbps)) {
      this.#rate.onSent(frame.frameId, frame.uplinkBytes, frame.sentMs);
      const queuedBytes = channel.queuedBytes + frame.uplinkBytes;
      onSent(frame, (8 * queuedBytes) / this.#rate.kbps + this.#rate.queueMs);
      onPacket({ ...packet, data }, frame.frameId);
      return;
    }
    // Later delta frames would depend on the one that was not sent.
    this.#encoder.requestKeyframe();
    this.#congested(frame.sentMs);
    onUnsent(frame, 'uplink-full');
  }

  #congested(nowMs: number): void {
    this.#rate.onCongestion(nowMs);
    this.#adapt();
  }

  #adapt(): void {
    const { sourceIntervalMs, clock } = this.#options;
    const { kbps } = this.#rate;
    const rates = { uplinkKbps: kbps, downlinkKbps: this.#downlinkKbps, sourceIntervalMs: sourceIntervalMs() };
    this.#adaptation.adapt(rates, clock.now());
    this.#encoder.resize(this.#adaptation.size);
    this.#encoder.setRate(this.#fps, kbps);
  }
}

import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { StreamSetup, VideoMessage } from '../../../shared/messages.ts';
import type { Carried } from '../../../shared/wire.ts';
import type { Codec } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import { FrameEncoder, type Packet } from '../codec/frame-encoder.ts';
import { KeyframeRequests } from '../codec/keyframe-requests.ts';
import type { CapturedFrame, DropCause, FrameSink, SharpFrame } from '../frame.ts';
import { sizeOf } from '../frame-size.ts';
import { volunteerFrameStages } from '../frame-timing.ts';
import { type Flight, Flights } from '../transport/flights.ts';
import { LivenessMonitor } from '../transport/liveness-monitor.ts';
import { RateController } from '../transport/rate-controller.ts';
import { RouteMeter } from '../transport/route-meter.ts';
import { SendAdaptation } from '../transport/send-adaptation.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import { STREAM } from '../tuning.ts';
import { PictureCheck } from '../verify/picture-check.ts';

/** A volunteer that said `stream-ready`. */
export interface ReadyVolunteer {
  volunteerId: string;
  name: string;
  setup: StreamSetup & { codec: Codec };
  /** What a frame is expected to take there until it is measured, ms. */
  predictedMs: number;
}

export interface VolunteerRouteOptions {
  ready: ReadyVolunteer;
  channel: VideoChannel;
  clock: Clock;
  random(): number;
  sink: FrameSink;
  /** Between two of the source's frames, ms. */
  sourceMs(): number;
  onSent(sizeBytes: number): void;
  onReceived(sizeBytes: number): void;
  /** It may take another frame, or fell silent. */
  onChanged(): void;
  /** The route is of no more use: a codec failed, or pictures were wrong. */
  onFailed(error: MeshError): void;
}

type Sharper = Extract<VideoMessage, { kind: 'sharper' }>;

/** What is known of an answer while it is decoded; `flight` is undefined when the frame was given up. */
interface Answer {
  message: Sharper;
  flight: Flight | undefined;
  arrivedMs: number;
  downBytes: number;
}

/**
 * The gamer's end of a stream through one volunteer: encode, send, receive, decode. Every queue on the way is bounded, its bitrate
 * follows what the link carries, and a frame that is not acknowledged in time makes it silent until the next word.
 */
export class VolunteerRoute {
  readonly meter: RouteMeter;
  readonly #options: VolunteerRouteOptions;
  readonly #encoder: FrameEncoder<Flight>;
  readonly #decoder: FrameDecoder<Answer>;
  readonly #flights: Flights;
  readonly #rate: RateController;
  readonly #plan: SendAdaptation;
  readonly #silence: LivenessMonitor;
  readonly #keyframeRequests: KeyframeRequests;
  readonly #check: PictureCheck;
  readonly #stopListening: () => void;
  #fps: number;
  /** Of the way back, as the volunteer told. */
  #downKbps: number | null = null;
  #disposed = false;

  /** Throws MeshError `unsupported-browser` if this browser has no such encoder. */
  constructor(options: VolunteerRouteOptions) {
    this.#options = options;
    const { ready, channel, clock, random, sink, onFailed } = options;
    const { codec, width, height, outWidth, outHeight, fps, uplinkKbps, streamId } = ready.setup;
    this.meter = new RouteMeter(ready.predictedMs);
    this.#fps = fps;
    this.#rate = new RateController(uplinkKbps);
    this.#plan = new SendAdaptation(ready.setup);
    this.#check = new PictureCheck(random);
    this.#silence = new LivenessMonitor({
      clock,
      onChanged: (silent) => this.#silenceChanged(silent),
      onGivenUp: () => onFailed(MeshError.timeout(`A frame for ${this.name}`, STREAM.silentForMs)),
    });
    this.#flights = new Flights((flight, cause) => {
      if (cause === 'timeout') this.meter.timedOut();
      sink.onDropped(flight, cause);
    });
    this.#keyframeRequests = new KeyframeRequests(
      () => channel.trySendNote({ kind: 'keyframe-request', streamId }),
      () => clock.now(),
    );
    this.#encoder = new FrameEncoder(
      { codec, width, height, fps, kbps: this.kbps },
      {
        onPacket: (packet, flight) => this.#send(packet, flight),
        onSkipped: (flight) => this.#abandon(flight, 'encoder-skipped'),
        onError: onFailed,
      },
    );
    this.#decoder = new FrameDecoder(
      codec,
      { width: outWidth, height: outHeight },
      {
        onFrame: (frame, answer) => this.#decoded(frame, answer),
        onUndecoded: ({ flight }, cause) => flight && this.#gone(flight, cause),
        onKeyframeNeeded: () => this.#keyframeRequests.need(),
        onKeyframeDecoded: () => this.#keyframeRequests.satisfied(),
        onError: onFailed,
      },
    );
    this.#stopListening = channel.listen(streamId, {
      onMessage: (item) => this.#received(item),
      onLost: () => this.#keyframeRequests.need(),
    });
  }

  get setup(): StreamSetup & { codec: Codec } {
    return this.#options.ready.setup;
  }

  get volunteerId(): string {
    return this.#options.ready.volunteerId;
  }

  get name(): string {
    return this.#options.ready.name;
  }

  /** A frame went there, and not even its arrival was told in time. */
  get silent(): boolean {
    return this.#silence.silent;
  }

  /** Of the way to the volunteer, as the link lets it be now. */
  get kbps(): number {
    return this.#rate.kbps;
  }

  get isIdle(): boolean {
    return this.#flights.size === 0;
  }

  /** Between two of its frames at its best, ms. */
  get intervalMs(): number {
    return Math.max(this.meter.serviceMs, this.#plan.intervalMs);
  }

  /**
   * Would a frame be taken now? One that would be but for a full channel tells of congestion, each time it is asked: told once a frame
   * only, the rate fell too late (p95 in a squeeze 345-389 ms for 228-306).
   */
  hasRoom(): boolean {
    const { channel, clock } = this.#options;
    const nowMs = clock.now();
    if (this.#disposed || !this.#flights.hasRoom(nowMs) || !this.#plan.isDue(nowMs)) return false;
    if (channel.hasRoom(this.kbps)) return true;
    this.#rate.congested(nowMs);
    this.#followRate();
    return false;
  }

  /** Is a frame older than this one, which was to be shown, still expected back? */
  isOlderExpected(frameId: number): boolean {
    return !this.silent && this.#flights.isOlderExpected(frameId);
  }

  /** Takes the frame over; it must have the setup's size. */
  send(captured: CapturedFrame): void {
    if (captured.purpose === 'show' && this.#flights.promote(captured.frameId)) {
      captured.frame.close();
      return;
    }
    const nowMs = this.#options.clock.now();
    try {
      this.meter.sent(nowMs);
      this.#plan.sent(nowMs);
      const flight = this.#flights.start(captured, nowMs);
      this.#encoder.encode(captured.frame, flight);
      flight.shows = this.#check.before(captured.frame, this.#bitsPerPixel);
    } finally {
      captured.frame.close();
    }
  }

  set fps(fps: number) {
    this.#fps = fps;
    this.#followRate();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stopListening();
    this.#silence.dispose();
    this.#encoder.dispose();
    this.#decoder.dispose();
    for (const flight of this.#flights.clear()) this.#options.sink.onDropped(flight, 'route-closed');
  }

  get #bitsPerPixel(): number {
    const { width, height } = this.setup;
    return (1000 * this.kbps) / (width * height * this.#fps);
  }

  #send({ data, ...packet }: Packet, flight: Flight): void {
    const { channel, clock, onSent } = this.#options;
    const { streamId } = this.setup;
    const sizeBytes = data.byteLength;
    flight.sentMs = clock.now();
    flight.upBytes = sizeBytes;
    const message = { kind: 'frame', streamId, frameId: flight.frameId, ...packet } as const;
    if (channel.trySendFrame(message, data, this.kbps)) {
      this.#rate.sent(flight.frameId, sizeBytes, flight.sentMs);
      this.#silence.sent(flight.frameId, this.#carryMs(sizeBytes));
      onSent(sizeBytes);
      return;
    }
    // The deltas after it would build on what never left.
    this.#encoder.wantKeyframe();
    this.#rate.congested(flight.sentMs);
    this.#followRate();
    this.#abandon(flight, 'uplink-full');
  }

  /** Of a frame and what is queued before it. */
  #carryMs(sizeBytes: number): number {
    const queuedBytes = this.#options.channel.queuedBytes + sizeBytes;
    return (8 * queuedBytes) / this.kbps + this.#rate.queueMs;
  }

  #received({ message, attachments }: Carried<VideoMessage>): void {
    this.#silence.heard();
    const before = this.#flights.size;
    if (message.kind === 'ack') this.#acknowledged(message);
    else if (message.kind === 'keyframe-request') this.#encoder.wantKeyframe();
    else if (message.kind === 'dropped') {
      const flight = this.#flights.dropped(message.frameId);
      if (flight) this.#gone(flight, message.why);
    } else if (message.kind === 'sharper') this.#answered(message, attachments[0] ?? new Uint8Array());
    const { size } = this.#flights;
    if (size < before) this.meter.left(this.#options.clock.now(), size);
    this.#options.onChanged();
  }

  #acknowledged({ frameId, receivedMs }: Extract<VideoMessage, { kind: 'ack' }>): void {
    const nowMs = this.#options.clock.now();
    const sentMs = this.#flights.acknowledged(frameId)?.sentMs ?? null;
    this.#silence.arrived(frameId, sentMs === null ? null : nowMs - sentMs);
    this.#rate.acknowledged(frameId, receivedMs, nowMs);
    this.#followRate();
  }

  #followRate(): void {
    const { sourceMs, clock } = this.#options;
    this.#plan.follow({ upKbps: this.kbps, downKbps: this.#downKbps, sourceMs: sourceMs() }, clock.now());
    this.#encoder.resize(this.#plan.size);
    this.#encoder.setRate(this.#fps, this.kbps);
  }

  #answered(message: Sharper, data: Uint8Array): void {
    const { clock, channel, onReceived } = this.#options;
    const { streamId, frameId, sequence, timestampUs, keyframe, color, stages, downlinkKbps } = message;
    const arrivedMs = clock.now();
    // What the volunteer's own rate follows.
    channel.trySendNote({ kind: 'ack', streamId, frameId, receivedMs: arrivedMs });
    this.#silence.arrived(frameId, null);
    const flight = this.#flights.answered(frameId, stages, arrivedMs);
    onReceived(data.byteLength);
    this.#downKbps = downlinkKbps;
    const answer = { message, flight, arrivedMs, downBytes: data.byteLength };
    this.#decoder.decode({ sequence, timestampUs, keyframe, color, data }, answer);
  }

  #decoded(frame: VideoFrame, { message, flight, arrivedMs, downBytes }: Answer): void {
    const { sink, clock } = this.#options;
    const { width, height } = sizeOf(frame);
    const isRightSize = width === this.setup.outWidth && height === this.setup.outHeight;
    if (this.#disposed || !flight || flight.sentMs === null || !isRightSize) {
      frame.close();
      if (flight) this.#gone(flight, isRightSize ? 'route-closed' : 'wrong-size');
      return;
    }
    const verdict = this.#check.after(flight.shows, frame);
    if (verdict !== 'right') {
      frame.close();
      this.#gone(flight, 'wrong-picture');
      const what = `${this.name} answered a live stream with pictures of something else.`;
      if (verdict === 'wrong') this.#options.onFailed(MeshError.verifyFailed(what));
      return;
    }
    const { frameId, purpose, capturedMs, encodeStartMs, sentMs, upBytes } = flight;
    const decodedMs = clock.now();
    const moments = { capturedMs, encodeStartMs, sentMs, arrivedMs, decodedMs, upBytes, downBytes };
    const stagesAt: SharpFrame['stagesAt'] = (presentedMs) =>
      volunteerFrameStages({ ...moments, volunteer: message.stages, presentedMs });
    const { quality, lowered } = message;
    this.meter.measured(stagesAt(decodedMs), quality);
    const made = { quality, lowered };
    sink.onSharp({ frameId, purpose, frame, made, volunteerId: this.volunteerId, stagesAt });
  }

  #silenceChanged(silent: boolean): void {
    // What it is sent next must not build on what may never have come.
    if (silent) this.#encoder.wantKeyframe();
    this.#options.onChanged();
  }

  /** It never left. */
  #abandon(flight: Flight, cause: DropCause): void {
    this.#flights.abandon(flight.frameId);
    this.#gone(flight, cause);
  }

  #gone(flight: Flight, cause: DropCause): void {
    this.#options.sink.onDropped(flight, cause);
  }
}

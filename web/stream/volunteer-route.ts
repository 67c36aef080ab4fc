import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { StreamSetup, VideoMessage } from '../../shared/messages.ts';
import { STREAM } from '../../shared/tuning.ts';
import type { Carried } from '../../shared/wire.ts';
import { LateWatch } from '../net/late-watch.ts';
import { RoundTrip } from '../net/round-trip.ts';
import type { Codec } from './codecs.ts';
import { type Flight, Flights } from './flights.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { FrameEncoder, type Packet } from './frame-encoder.ts';
import { sizeOf } from './frame-size.ts';
import type { CapturedFrame, FrameSink, SharpFrame } from './frames.ts';
import { KeyframeRequests } from './keyframe-requests.ts';
import { LegRate } from './leg-rate.ts';
import { RouteMeter } from './route-meter.ts';
import { volunteerFrameStages } from './stage-clock.ts';
import type { DropCause } from './stream-statistics.ts';
import type { VideoChannel } from './video-channel.ts';

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
  sink: FrameSink;
  onSent(sizeBytes: number): void;
  onReceived(sizeBytes: number): void;
  /** It may take another frame, or fell silent. */
  onChanged(): void;
  /** The route is of no more use: a codec failed. */
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
  readonly #rate: LegRate;
  readonly #roundTrip = new RoundTrip();
  readonly #unheard: LateWatch<number>;
  readonly #keyframeRequests: KeyframeRequests;
  readonly #stopListening: () => void;
  #fps: number;
  #silent = false;
  #cancelPatience = () => {};
  #disposed = false;

  /** Throws MeshError `unsupported-browser` if this browser has no such encoder. */
  constructor(options: VolunteerRouteOptions) {
    this.#options = options;
    const { ready, channel, clock, sink, onFailed } = options;
    const { codec, width, height, outWidth, outHeight, fps, uplinkKbps, streamId } = ready.setup;
    this.meter = new RouteMeter(ready.predictedMs);
    this.#fps = fps;
    this.#rate = new LegRate(uplinkKbps);
    this.#unheard = new LateWatch(clock, () => this.#setSilent(true));
    this.#flights = new Flights((flight, cause) => {
      if (cause === 'timeout') this.meter.timedOut();
      sink.onDropped(flight, cause);
    });
    this.#keyframeRequests = new KeyframeRequests(
      () => channel.trySendNote({ kind: 'keyframe-request', streamId }),
      () => clock.now(),
    );
    this.#encoder = new FrameEncoder(
      { codec, width, height, fps, kbps: uplinkKbps },
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
    return this.#silent;
  }

  /** Of the way to the volunteer, as the link lets it be now. */
  get kbps(): number {
    return this.#rate.kbps;
  }

  get isIdle(): boolean {
    return this.#flights.size === 0;
  }

  /** Would a frame be taken now? */
  hasRoom(): boolean {
    const { channel, clock } = this.#options;
    return !this.#disposed && this.#flights.hasRoom(clock.now()) && channel.hasRoom(this.kbps);
  }

  /** Is a frame older than this one, which was to be shown, still expected back? */
  isOlderExpected(frameId: number): boolean {
    return !this.#silent && this.#flights.isOlderExpected(frameId);
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
      this.#encoder.encode(captured.frame, this.#flights.start(captured, nowMs));
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
    this.#unheard.dispose();
    this.#cancelPatience();
    this.#encoder.dispose();
    this.#decoder.dispose();
    for (const flight of this.#flights.clear()) this.#options.sink.onDropped(flight, 'route-closed');
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
      this.#unheard.watch(flight.frameId, this.#hearWithinMs(sizeBytes));
      onSent(sizeBytes);
      return;
    }
    // The deltas after it would build on what never left.
    this.#encoder.wantKeyframe();
    if (this.#rate.congested(flight.sentMs)) this.#followRate();
    this.#abandon(flight, 'uplink-full');
  }

  /** From sending a frame to hearing that it arrived, with what is queued before it. */
  #hearWithinMs(sizeBytes: number): number {
    const queuedBytes = this.#options.channel.queuedBytes + sizeBytes;
    const carryMs = (8 * queuedBytes) / this.kbps;
    return STREAM.suspectAfterMs + this.#roundTrip.longestMs + carryMs + this.#rate.queueMs;
  }

  #received({ message, attachments }: Carried<VideoMessage>): void {
    this.#setSilent(false);
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
    this.#unheard.forget(frameId);
    const flight = this.#flights.acknowledged(frameId);
    if (flight?.sentMs !== null && flight?.sentMs !== undefined) this.#roundTrip.add(nowMs - flight.sentMs);
    if (this.#rate.acknowledged(frameId, receivedMs, nowMs)) this.#followRate();
  }

  #followRate(): void {
    this.#encoder.setRate(this.#fps, this.kbps);
  }

  #answered(message: Sharper, data: Uint8Array): void {
    const { clock, channel, onReceived } = this.#options;
    const { streamId, frameId, sequence, timestampUs, keyframe, color, stages } = message;
    const arrivedMs = clock.now();
    // What the volunteer's own rate follows.
    channel.trySendNote({ kind: 'ack', streamId, frameId, receivedMs: arrivedMs, queueDepth: this.#decoder.queued });
    this.#unheard.forget(frameId);
    const flight = this.#flights.answered(frameId, stages, arrivedMs);
    onReceived(data.byteLength);
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
    const { frameId, purpose, capturedMs, encodeStartMs, sentMs, upBytes } = flight;
    const decodedMs = clock.now();
    const moments = { capturedMs, encodeStartMs, sentMs, arrivedMs, decodedMs, upBytes, downBytes };
    const stagesAt: SharpFrame['stagesAt'] = (presentedMs) =>
      volunteerFrameStages({ ...moments, volunteer: message.stages, presentedMs });
    this.meter.measured(stagesAt(decodedMs));
    sink.onSharp({ frameId, purpose, frame, isSharpened: true, volunteerId: this.volunteerId, stagesAt });
  }

  #setSilent(silent: boolean): void {
    if (silent === this.#silent || this.#disposed) return;
    this.#silent = silent;
    this.#cancelPatience();
    if (silent) {
      // What it is sent next must not build on what may never have come.
      this.#encoder.wantKeyframe();
      const { clock, onFailed } = this.#options;
      this.#cancelPatience = clock.after(STREAM.silentForMs, () =>
        onFailed(MeshError.timeout(`A frame for ${this.name}`, STREAM.silentForMs)),
      );
    }
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

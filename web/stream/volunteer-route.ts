import type { MeshError } from '../../shared/errors.ts';
import type { StreamSetup, VideoMessage } from '../../shared/messages.ts';
import type { Carried } from '../../shared/wire.ts';
import type { Codec } from './codecs.ts';
import { type Flight, Flights } from './flights.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { FrameEncoder, type Packet } from './frame-encoder.ts';
import { sizeOf } from './frame-size.ts';
import type { CapturedFrame, FrameSink, SharpFrame } from './frames.ts';
import { KeyframeRequests } from './keyframe-requests.ts';
import { LatestSlot } from './latest-slot.ts';
import { volunteerFrameStages } from './stage-clock.ts';
import type { DropCause } from './stream-statistics.ts';
import type { VideoChannel } from './video-channel.ts';

export interface VolunteerRouteOptions {
  volunteerId: string;
  setup: StreamSetup & { codec: Codec };
  channel: VideoChannel;
  now(): number;
  sink: FrameSink;
  onSent(sizeBytes: number): void;
  onReceived(sizeBytes: number): void;
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
 * The gamer's end of a stream through one volunteer: encode, send, receive, decode. Every queue on the way is bounded, and a frame
 * that finds no room waits here, where a newer one may take its place.
 */
export class VolunteerRoute {
  readonly #options: VolunteerRouteOptions;
  readonly #encoder: FrameEncoder<Flight>;
  readonly #decoder: FrameDecoder<Answer>;
  readonly #flights: Flights;
  readonly #waiting: LatestSlot<CapturedFrame>;
  readonly #keyframeRequests: KeyframeRequests;
  readonly #stopListening: () => void;
  #disposed = false;

  /** Throws MeshError `unsupported-browser` if this browser has no such encoder. */
  constructor(options: VolunteerRouteOptions) {
    this.#options = options;
    const { setup, channel, sink, now, onFailed } = options;
    const { codec, width, height, outWidth, outHeight, fps, uplinkKbps, streamId } = setup;
    this.#flights = new Flights((flight, cause) => sink.onDropped(flight, cause));
    this.#waiting = new LatestSlot((captured) => this.#dropCaptured(captured, 'superseded'));
    this.#keyframeRequests = new KeyframeRequests(
      () => channel.trySendNote({ kind: 'keyframe-request', streamId }),
      now,
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
        onUndecoded: ({ flight }, cause) => flight && sink.onDropped(flight, cause),
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

  get setup(): StreamSetup {
    return this.#options.setup;
  }

  get volunteerId(): string {
    return this.#options.volunteerId;
  }

  /** Takes the frame over; it must have the setup's size. */
  offer(captured: CapturedFrame): void {
    if (this.#disposed) {
      captured.frame.close();
      return;
    }
    this.#waiting.put(captured);
    this.#pump();
  }

  setRate(fps: number): void {
    this.#encoder.setRate(fps, this.#options.setup.uplinkKbps);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stopListening();
    this.#waiting.clear();
    this.#encoder.dispose();
    this.#decoder.dispose();
    for (const flight of this.#flights.clear()) this.#options.sink.onDropped(flight, 'route-closed');
  }

  #pump(): void {
    const { now, channel, setup } = this.#options;
    const nowMs = now();
    if (this.#disposed || !this.#flights.hasRoom(nowMs) || !channel.hasRoom(setup.uplinkKbps)) return;
    const captured = this.#waiting.take();
    if (!captured) return;
    try {
      this.#encoder.encode(captured.frame, this.#flights.start(captured, nowMs));
    } finally {
      captured.frame.close();
    }
  }

  #send({ data, ...packet }: Packet, flight: Flight): void {
    const { channel, setup, now, onSent } = this.#options;
    const { streamId, uplinkKbps } = setup;
    flight.sentMs = now();
    flight.upBytes = data.byteLength;
    const message = { kind: 'frame', streamId, frameId: flight.frameId, ...packet } as const;
    if (channel.trySendFrame(message, data, uplinkKbps)) onSent(data.byteLength);
    else {
      // The deltas after it would build on what never left.
      this.#encoder.wantKeyframe();
      this.#abandon(flight, 'uplink-full');
    }
  }

  #received({ message, attachments }: Carried<VideoMessage>): void {
    if (message.kind === 'ack') this.#flights.acknowledged(message.frameId);
    else if (message.kind === 'keyframe-request') this.#encoder.wantKeyframe();
    else if (message.kind === 'dropped') {
      const flight = this.#flights.dropped(message.frameId);
      if (flight) this.#options.sink.onDropped(flight, message.why);
    } else if (message.kind === 'sharper') this.#answered(message, attachments[0] ?? new Uint8Array());
    this.#pump();
  }

  #answered(message: Sharper, data: Uint8Array): void {
    const { now, onReceived } = this.#options;
    const flight = this.#flights.answered(message.frameId, message.stages);
    onReceived(data.byteLength);
    const { sequence, timestampUs, keyframe, color } = message;
    const answer = { message, flight, arrivedMs: now(), downBytes: data.byteLength };
    this.#decoder.decode({ sequence, timestampUs, keyframe, color, data }, answer);
  }

  #decoded(frame: VideoFrame, { message, flight, arrivedMs, downBytes }: Answer): void {
    const { sink, setup, volunteerId, now } = this.#options;
    const { width, height } = sizeOf(frame);
    const isRightSize = width === setup.outWidth && height === setup.outHeight;
    if (this.#disposed || !flight || flight.sentMs === null || !isRightSize) {
      frame.close();
      if (flight) sink.onDropped(flight, isRightSize ? 'route-closed' : 'wrong-size');
      return;
    }
    const { frameId, purpose, capturedMs, encodeStartMs, sentMs, upBytes } = flight;
    const decodedMs = now();
    const volunteer = message.stages;
    const moments = { capturedMs, encodeStartMs, sentMs, arrivedMs, decodedMs, upBytes, downBytes, volunteer };
    const stagesAt: SharpFrame['stagesAt'] = (presentedMs) => volunteerFrameStages({ ...moments, presentedMs });
    sink.onSharp({ frameId, purpose, frame, isSharpened: true, volunteerId, stagesAt });
  }

  /** It never left. */
  #abandon(flight: Flight, cause: DropCause): void {
    this.#flights.abandon(flight.frameId);
    this.#options.sink.onDropped(flight, cause);
  }

  #dropCaptured(captured: CapturedFrame, cause: DropCause): void {
    captured.frame.close();
    this.#options.sink.onDropped(captured, cause);
  }
}

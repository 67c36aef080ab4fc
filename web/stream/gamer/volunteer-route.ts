import { totalBytes } from '../../../shared/bytes.ts';
import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { VideoMessage } from '../../../shared/messages.ts';
import { quotedName } from '../../../shared/quoting.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { MessageWithAttachments } from '../../../shared/wire.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import { StallWatch } from '../codec/stall-watch.ts';
import type { CapturedFrame, FrameSink } from '../frame.ts';
import { CompletionEstimator } from '../transport/completion-estimator.ts';
import { InFlightWindow } from '../transport/in-flight-window.ts';
import { GIVE_UP_AFTER_MS, LivenessMonitor } from '../transport/liveness-monitor.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import type { DetailHistory } from '../verify/detail-history.ts';
import { DetailTrust } from '../verify/detail-trust.ts';
import { PictureCheck } from '../verify/picture-check.ts';
import type { UpscaleTile } from '../verify/tile-check.ts';
import { AnswerBudget } from './answer-budget.ts';
import { type AnswerMessage, AnswerReceiver } from './answer-receiver.ts';
import { DEAD_ZONE_CODES } from './detail-tuning.ts';
import { FrameSender } from './frame-sender.ts';

/**
 * A volunteer that acknowledges frames for this long and answers none is left, ms: as long as one that says nothing. At the start a slow
 * one may take longer.
 */
const ANSWERLESS = { startMs: 2 * GIVE_UP_AFTER_MS, laterMs: GIVE_UP_AFTER_MS };

/** A volunteer that answered `stream-ready`. */
export interface ReadyVolunteer {
  volunteerId: string;
  name: string;
  setup: CheckedSetup;
  /** Glass-to-glass time assumed until frames are measured, ms. */
  predictedMs: number;
}

export interface VolunteerRouteOptions {
  ready: ReadyVolunteer;
  channel: VideoChannel;
  clock: Clock;
  random(): number;
  upscaleTile: UpscaleTile;
  history: DetailHistory;
  sink: FrameSink;
  /** Time between two frames of the source, ms. */
  sourceMs(): number;
  onSent(sizeBytes: number): void;
  onReceived(sizeBytes: number): void;
  /** The route may take another frame, or the volunteer fell silent. */
  onChanged(): void;
  /** This machine cannot check what volunteers answer in this quality. */
  onUncheckable(quality: Quality): void;
  /** The route cannot be used any more: a codec failed, the volunteer was given up, or its pictures were wrong. */
  onFailed(error: MeshError): void;
}

/**
 * The gamer's end of a stream through one volunteer: {@link FrameSender} and {@link AnswerReceiver}, and between them the frames in flight
 * and whether the volunteer is alive.
 */
export class VolunteerRoute {
  /** For sentences. */
  readonly name: string;
  readonly meter: CompletionEstimator;
  readonly #options: VolunteerRouteOptions;
  readonly #sender: FrameSender;
  readonly #receiver: AnswerReceiver;
  readonly #answerBudget: AnswerBudget;
  readonly #window: InFlightWindow;
  readonly #liveness: LivenessMonitor;
  readonly #answers = new StallWatch(ANSWERLESS);
  readonly #pictureCheck: PictureCheck;
  /** Null for pictures. */
  readonly #detailTrust: DetailTrust | null;
  readonly #stopListening: () => void;
  #isDisposed = false;

  /** Throws MeshError `unsupported-browser` if this browser has no such encoder. */
  constructor(options: VolunteerRouteOptions) {
    this.#options = options;
    const { ready, channel, clock, random, sink, onFailed } = options;
    this.name = quotedName(ready.name);
    this.meter = new CompletionEstimator(ready.predictedMs);
    this.#answerBudget = new AnswerBudget(ready.setup, this.name, clock.now());
    this.#window = new InFlightWindow(this.meter, (frame, cause) => sink.onDropped(frame, cause));
    this.#pictureCheck = new PictureCheck(random);
    const { detail } = ready.setup;
    this.#detailTrust =
      detail &&
      new DetailTrust({
        ...{ setup: { ...ready.setup, detail }, name: this.name, random, upscaleTile: options.upscaleTile },
        ...{ history: options.history, deadZoneCodes: DEAD_ZONE_CODES },
        now: () => clock.now(),
        requestKeyframe: () => this.#sender.requestKeyframe(),
        onChanged: options.onChanged,
        onUncheckable: options.onUncheckable,
        onFailed,
      });
    this.#liveness = new LivenessMonitor({
      clock,
      onChanged: (isSilent) => this.#livenessChanged(isSilent),
      onGivenUp: () => onFailed(MeshError.timeout(`A frame for ${this.name}`, GIVE_UP_AFTER_MS)),
    });
    this.#sender = new FrameSender({
      setup: ready.setup,
      channel,
      clock,
      sourceIntervalMs: options.sourceMs,
      onError: onFailed,
      onSent: ({ frameId, uplinkBytes }, transmitMs) => {
        this.#liveness.sent(frameId, transmitMs);
        this.#answerBudget.sent(frameId);
        this.#answers.frameIn();
        options.onSent(uplinkBytes);
      },
      onPacket: (packet, frameId) => this.#detailTrust?.packetSent(packet, frameId),
      onUnsent: (frame, cause) => {
        this.#window.remove(frame.frameId, clock.now());
        sink.onDropped(frame, cause);
      },
    });
    this.#receiver = new AnswerReceiver({
      setup: ready.setup,
      volunteerId: ready.volunteerId,
      name: this.name,
      channel,
      clock,
      check: this.#pictureCheck,
      onFailed,
      onPicture: (picture, decodedMs) => {
        this.meter.measured(picture.stagesAt(decodedMs), picture.outcome.quality);
        sink.onUpscaled(picture);
      },
      onDetail: (detail, decodedMs, isEmpty) => {
        this.meter.measured(detail.stagesAt(decodedMs), detail.outcome.quality);
        const isPlausible = this.#detailTrust?.received(detail);
        if (isPlausible && !isEmpty) {
          sink.onDetail(detail);
          return;
        }
        detail.release();
        sink.onDropped(detail, isPlausible ? 'restarted' : 'wrong-picture');
      },
      onDropped: (frame, cause) => sink.onDropped(frame, cause),
    });
    this.#stopListening = channel.listen(ready.setup.streamId, {
      onMessage: (item) => this.#received(item),
      onLost: () => this.#receiver.packetLost(),
    });
  }

  get setup(): CheckedSetup {
    return this.#options.ready.setup;
  }

  get volunteerId(): string {
    return this.#options.ready.volunteerId;
  }

  /** The volunteer has not acknowledged a frame in time, nor sent anything since. */
  get silent(): boolean {
    return this.#liveness.isSilent;
  }

  /** Whether its detail was found to improve the picture, or was not judged yet. */
  get isUseful(): boolean {
    return this.#detailTrust?.isUseful ?? true;
  }

  get isIdle(): boolean {
    return this.#window.size === 0;
  }

  get downlinkKbps(): number {
    return this.#sender.downlinkKbps;
  }

  /** Whether a frame would be sent now. Call when there is one: a full channel counts as a sign of congestion. */
  hasCapacity(): boolean {
    const nowMs = this.#options.clock.now();
    if (!this.#isDisposed) this.#checkStalls(nowMs);
    return !this.#isDisposed && this.#window.hasCapacity(nowMs) && this.#sender.canSend(nowMs);
  }

  /** Takes ownership of the frame, which must have the setup's size. */
  send({ frame: source, ...captured }: CapturedFrame): void {
    try {
      if (captured.purpose === 'show' && this.#window.promote(captured.frameId)) return;
      const frame = this.#window.start(captured, this.#options.clock.now());
      this.#detailTrust?.frameQueued(source, frame.frameId, this.setup.width / this.#sender.width);
      this.#sender.send(source, frame);
      if (!this.#detailTrust) frame.thumbnail = this.#pictureCheck.before(source, this.#sender.bitsPerPixel);
    } finally {
      source.close();
    }
  }

  /** The volunteer is asked for this quality from now on. */
  allow(quality: Quality): void {
    this.#detailTrust?.allow(quality);
  }

  /** Nothing better than this quality is shown from now on. */
  limit(quality: Quality): void {
    this.#detailTrust?.limit(quality);
  }

  set fps(fps: number) {
    this.#sender.fps = fps;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#stopListening();
    this.#liveness.dispose();
    this.#sender.dispose();
    this.#receiver.dispose();
    this.#detailTrust?.dispose();
    for (const frame of this.#window.clear()) this.#options.sink.onDropped(frame, 'route-closed');
  }

  /** Throws MeshError for what no honest volunteer sends: the channel ends with it, and so the link. */
  #received({ message, attachments }: MessageWithAttachments<VideoMessage>): void {
    this.#liveness.heard();
    if (message.kind === 'ack') this.#acknowledged(message);
    else if (message.kind === 'keyframe-request') this.#sender.requestKeyframe();
    else if (message.kind === 'dropped') {
      const frame = this.#window.remove(message.frameId, this.#options.clock.now());
      this.#answers.frameOut(this.#window.size);
      if (frame) this.#options.sink.onDropped(frame, message.why);
    } else if (message.kind === 'answer') this.#answered(message, attachments);
    this.#options.onChanged();
  }

  #acknowledged({ frameId, receivedMs }: Extract<VideoMessage, { kind: 'ack' }>): void {
    const nowMs = this.#options.clock.now();
    const sentMs = this.#window.acknowledged(frameId, nowMs)?.sentMs ?? null;
    this.#liveness.acknowledged(frameId, sentMs === null ? null : nowMs - sentMs);
    this.#sender.acknowledged(frameId, receivedMs, nowMs);
  }

  #answered(message: AnswerMessage, attachments: readonly Uint8Array[]): void {
    const { clock, channel, onReceived } = this.#options;
    const { streamId, frameId, stages, downlinkKbps } = message;
    const nowMs = clock.now();
    const sizeBytes = totalBytes(attachments);
    this.#answerBudget.answered(frameId, sizeBytes, nowMs);
    // The volunteer controls the rate of the downlink by these acknowledgements.
    channel.trySendNote({ kind: 'ack', streamId, frameId, receivedMs: nowMs });
    this.#liveness.acknowledged(frameId, null);
    this.#sender.downlinkKbps = downlinkKbps;
    const frame = this.#window.answered(frameId, stages, nowMs);
    this.#answers.frameOut(this.#window.size);
    onReceived(sizeBytes);
    this.#receiver.receive(message, attachments[0] ?? new Uint8Array(), frame);
  }

  /** Fails if this machine's encoder, or the volunteer, takes frames and gives none out. */
  #checkStalls(nowMs: number): void {
    this.#sender.checkStall(nowMs);
    if (this.#isDisposed || !this.#answers.isStalled(nowMs)) return;
    const message = `${this.name} takes frames but answers none. The stream tries the next codec, or another volunteer.`;
    this.#options.onFailed(new MeshError('unsupported-browser', message));
  }

  #livenessChanged(isSilent: boolean): void {
    // The next frame must not depend on ones that may never have arrived.
    if (isSilent) this.#sender.requestKeyframe();
    this.#options.onChanged();
  }
}

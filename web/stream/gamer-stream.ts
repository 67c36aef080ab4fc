import { MeshError } from '../../shared/errors.ts';
import type { StreamSetup } from '../../shared/messages.ts';
import { STREAM } from '../../shared/tuning.ts';
import type { Codec } from './codecs.ts';
import { FrameRateCap } from './frame-rate-cap.ts';
import { isSameSize, retimed, type StreamSize, sizeOf, streamSize } from './frame-size.ts';
import type { CapturedFrame, FrameSink, Purpose, SharpFrame } from './frames.ts';
import type { GamerStreamOptions } from './gamer-stream-options.ts';
import { LocalRoute } from './local-route.ts';
import { Presenter } from './presenter.ts';
import { type Decision, SideChoice } from './side-choice.ts';
import { SideMeters } from './side-meters.ts';
import { SourceReader } from './source-reader.ts';
import type { StreamSettings } from './stream-settings.ts';
import { StreamStatistics, type StreamStats } from './stream-statistics.ts';
import type { VideoChannel } from './video-channel.ts';
import { VolunteerRoute } from './volunteer-route.ts';

/** A volunteer that said `stream-ready`. */
export interface ReadyVolunteer {
  volunteerId: string;
  name: string;
  setup: StreamSetup & { codec: Codec };
  /** What a frame is expected to take there until it is measured, ms. */
  predictedMs: number;
}

/**
 * A stream on the gamer's side, in its worker: source frames in, the freshest sharp ones on the canvas. Each goes to the side that
 * {@link SideChoice} names; when no picture has come for a while the next frame is sharpened here as well, so that the picture
 * never freezes.
 */
export class GamerStream {
  readonly #options: GamerStreamOptions;
  readonly #statistics: StreamStatistics;
  readonly #presenter: Presenter;
  readonly #reader: SourceReader;
  readonly #rateCap: FrameRateCap;
  readonly #local: LocalRoute;
  readonly #choice = new SideChoice();
  readonly #meters = new SideMeters();
  readonly #sink: FrameSink;
  #settings: StreamSettings;
  #size: StreamSize | null = null;
  #volunteer: { route: VolunteerRoute; name: string } | null = null;
  #decision: Decision;
  #nextFrameId = 0;
  #lastTimestampUs = 0;
  /** A copy of the newest source frame: what a still source would otherwise have to show again. */
  #newest: { frame: VideoFrame; frameId: number; atMs: number } | null = null;
  #presentedMs: number;
  /** What is on the screen was let through as it came. */
  #isShownSoft = false;
  #cancelTick: () => void = () => {};
  /** Why the newest frame could not be used; null when it could. */
  #frameError: MeshError | null = null;
  #ended: MeshError | null = null;
  #closed = false;

  /** Throws MeshError `unsupported-browser`; what it was given then stays the caller's. */
  constructor(options: GamerStreamOptions) {
    this.#options = options;
    const { clock, canvas, settings, engine, frames, first } = options;
    const now = () => clock.now();
    this.#settings = settings;
    this.#statistics = new StreamStatistics(now);
    this.#presenter = new Presenter(canvas);
    this.#rateCap = new FrameRateCap(settings.maxFps);
    this.#sink = {
      onSharp: (sharp) => this.#sharpened(sharp),
      onDropped: ({ purpose }, cause) => {
        if (cause === 'timeout') this.#meters.timedOut();
        if (purpose === 'show') this.#statistics.dropped(cause);
      },
    };
    this.#local = new LocalRoute({ engine, now, sink: this.#sink });
    this.#presentedMs = now();
    this.#decision = this.#decide();
    this.#reader = new SourceReader(frames, first, {
      onFrame: (frame) => this.#arrived(frame),
      onFrameFailed: (error) => this.#frameFailed(error),
      onEnd: (error) => this.#sourceEnded(error),
    });
    this.#tick();
  }

  set(changes: Partial<StreamSettings>): void {
    this.#settings = { ...this.#settings, ...changes };
    this.#rateCap.fps = this.#settings.maxFps;
    if (this.#size) this.#local.shape(this.#size, this.#settings.quality);
    this.#volunteer?.route.setRate(this.#settings.maxFps);
    this.#meters.restartTrials();
    this.#repeatNewest();
  }

  /** From now on frames may go to this volunteer. Throws MeshError `unsupported-browser` if they cannot be encoded. */
  useVolunteer({ volunteerId, name, setup, predictedMs }: ReadyVolunteer, channel: VideoChannel): void {
    this.#dropVolunteer();
    const route = new VolunteerRoute({
      volunteerId,
      setup,
      channel,
      now: () => this.#options.clock.now(),
      sink: this.#sink,
      onSent: (sizeBytes) => this.#statistics.sent(sizeBytes),
      onReceived: (sizeBytes) => this.#statistics.received(sizeBytes),
      onFailed: (error) => this.#volunteerFailed(setup.streamId, error),
    });
    this.#volunteer = { route, name };
    this.#meters.newVolunteer(predictedMs);
    this.#repeatNewest();
  }

  /** The volunteer's stream with this id is over; the picture goes on here. */
  dropVolunteer(streamId: number): void {
    if (this.#volunteer?.route.setup.streamId !== streamId) return;
    this.#dropVolunteer();
    this.#repeatNewest();
  }

  /** Nothing more will come from this volunteer. */
  volunteerLost(volunteerId: string, error: MeshError): void {
    const route = this.#volunteer?.route;
    if (route?.volunteerId === volunteerId) this.#volunteerFailed(route.setup.streamId, error);
  }

  stats(): StreamStats {
    const { running } = this.#decision;
    return this.#statistics.report({
      codec: this.#volunteer?.route.setup.codec ?? '',
      running,
      why: this.#ended?.message ?? this.#why(),
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTick();
    this.#dropVolunteer();
    this.#local.dispose();
    this.#forgetNewest();
    await this.#reader.stop();
  }

  #arrived(source: VideoFrame): void {
    try {
      this.#statistics.captured();
      if (this.#rateCap.admits(this.#options.clock.now())) this.#take(source);
      else this.#statistics.dropped('fps-cap');
    } finally {
      source.close();
    }
  }

  /** Crops the frame to its even size, gives it a time of our own clock and sends it on its way. */
  #take(source: VideoFrame): void {
    const size = streamSize(sizeOf(source), this.#settings.scale);
    if (!this.#size || !isSameSize(size, this.#size)) this.#resize(size);
    const nowMs = this.#options.clock.now();
    this.#lastTimestampUs = Math.max(this.#lastTimestampUs + 1, Math.round(nowMs * 1000));
    const frame = retimed(source, this.#lastTimestampUs, size);
    const frameId = this.#nextFrameId++;
    this.#forgetNewest();
    this.#newest = { frame, frameId, atMs: nowMs };
    this.#route(frame, frameId, nowMs);
    this.#frameError = null;
  }

  #resize(size: StreamSize): void {
    this.#size = size;
    this.#dropVolunteer();
    this.#local.shape(size, this.#settings.quality);
    this.#options.handlers.onSize(size);
  }

  #route(frame: VideoFrame, frameId: number, nowMs: number): void {
    const send = (route: { offer(captured: CapturedFrame): void }, purpose: Purpose) =>
      route.offer({ frameId, capturedMs: nowMs, frame: frame.clone(), purpose });
    const volunteer = this.#volunteer?.route;
    this.#decision = this.#decide();
    const isTrial =
      this.#settings.where === 'auto' && volunteer && this.#meters.wantsTrial(this.#decision.running, nowMs);
    if (volunteer && this.#decision.running === 'volunteers') {
      if (this.#isStalled(nowMs)) send(this.#local, 'fill');
      else if (isTrial) send(this.#local, 'measure');
      // Last: where its encoder fails at once, the newest frame is taken anew and this one closed.
      send(volunteer, 'show');
    } else {
      send(this.#local, 'show');
      if (isTrial) send(volunteer, 'measure');
    }
  }

  #sharpened(sharp: SharpFrame): void {
    try {
      const isFill = sharp.purpose !== 'measure';
      if (isFill && !this.#closed) this.#show(sharp);
      this.#meters.measured(sharp, this.#options.clock.now());
    } finally {
      sharp.frame.close();
    }
  }

  #show(sharp: SharpFrame): void {
    const { frameId, purpose, frame } = sharp;
    if (this.#size) this.#presenter.resize(this.#size.outWidth, this.#size.outHeight);
    if (!this.#presenter.show(frame, frameId)) {
      if (purpose === 'show') this.#statistics.dropped('late');
      return;
    }
    this.#presentedMs = this.#options.clock.now();
    this.#isShownSoft = !sharp.isSharpened;
    this.#statistics.presented(sharp, sharp.stagesAt(this.#presentedMs));
  }

  #why(): string {
    if (this.#frameError) {
      const { reason, message } = this.#frameError;
      return `The newest frame cannot be used (${reason}): ${message}`;
    }
    const { running, why } = this.#decision;
    if (running === 'volunteers' || this.#local.isReady) return why;
    const { error } = this.#local;
    return error
      ? `This computer shows frames unsharpened: ${error.message}`
      : 'Getting ready: this computer measures how to sharpen, and shows frames as they come meanwhile.';
  }

  #isStalled(nowMs: number): boolean {
    const usualMs = this.#meters.volunteerDelayMs ?? 0;
    return nowMs - this.#presentedMs > Math.max(STREAM.gapMs, 2 * usualMs);
  }

  #decide(): Decision {
    const { where, maxFps } = this.#settings;
    const volunteer = this.#volunteer && { name: this.#volunteer.name, ...this.#meters.volunteerForecast(maxFps) };
    return this.#choice.decide({ where, local: this.#meters.localForecast(maxFps), volunteer });
  }

  /** Told in `why`, until a frame can be used. */
  #frameFailed(error: MeshError): void {
    this.#frameError = error;
    this.#statistics.dropped('failed');
  }

  /** The last frame stays on the screen, sharpened here if it was not yet. */
  #sourceEnded(error: MeshError): void {
    this.#ended = error;
    this.#options.handlers.onEnded(error);
  }

  #volunteerFailed(streamId: number, error: MeshError): void {
    this.dropVolunteer(streamId);
    this.#options.handlers.onVolunteerFailed(streamId, error);
  }

  #dropVolunteer(): void {
    const volunteer = this.#volunteer;
    this.#volunteer = null;
    volunteer?.route.dispose();
  }

  /** A few times a second: figures for the page, and a still source's last frame if it never came back sharp. */
  #tick(): void {
    this.#cancelTick = this.#options.clock.after(STREAM.statsIntervalMs, () => this.#tick());
    const nowMs = this.#options.clock.now();
    const isMissing = this.#newest && this.#newest.frameId > this.#presenter.newestFrameId;
    const isLate = isMissing && this.#isStalled(nowMs) && nowMs - (this.#newest?.atMs ?? nowMs) > STREAM.gapMs;
    if (isLate || (this.#isShownSoft && this.#local.mayTry)) this.#repeatNewest();
    this.#decision = this.#decide();
    this.#options.handlers.onStats(this.stats());
  }

  #repeatNewest(): void {
    if (!this.#newest || this.#closed) return;
    const { frame } = this.#newest;
    this.#newest = null;
    try {
      this.#take(frame);
    } catch (cause) {
      this.#frameFailed(MeshError.from(cause, 'device-lost'));
    } finally {
      frame.close();
    }
  }

  #forgetNewest(): void {
    this.#newest?.frame.close();
    this.#newest = null;
  }
}

import type { Clock } from '../../../shared/clock.ts';
import type { MeshError, WireError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { CapturedFrame, FrameSink, Purpose, UpscaledFrame } from '../frame.ts';
import type { StreamSize } from '../frame-size.ts';
import { bestOf, type StreamSettings } from '../settings.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { FrameIntake, type IntakeFrame } from './frame-intake.ts';
import { SourceReader } from './frame-source.ts';
import { LocalRoute } from './local-route.ts';
import { Presenter } from './presenter.ts';
import { type Decision, SideChoice } from './side-choice.ts';
import { LocalMeter } from './side-forecast.ts';
import { StallRecovery } from './stall-recovery.ts';
import { explainStream } from './stream-messages.ts';
import { StreamStatistics, type StreamStats } from './stream-statistics.ts';
import { VolunteerPool } from './volunteer-pool.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

const log = logger('stream.gamer');

/** How often a stream reports its figures, ms: as often as a person can read them. */
export const STATS_INTERVAL_MS = 250;

/** What the page hands to its worker to open a stream. Everything but `settings` is transferred. */
export interface StreamOpening {
  frames: ReadableStream<VideoFrame>;
  /** What the source shows now: a still source may not give another frame. The stream closes it. */
  first: VideoFrame | null;
  canvas: OffscreenCanvas;
  settings: StreamSettings;
  /** Carries {@link StreamEvent}s to the page until the stream is closed. */
  events: MessagePort;
}

/** What a stream in its worker tells the page. */
export type StreamEvent =
  /** Sent before the first frame and whenever the source changes its size: volunteers must be set up for the new size. */
  | { kind: 'size'; size: StreamSize }
  /** The route to a volunteer failed. The stream has already removed it. */
  | { kind: 'volunteer-failed'; streamId: number; error: WireError }
  | { kind: 'stats'; stats: StreamStats }
  /** The source ended. The page still has to close the stream. */
  | { kind: 'ended'; error: WireError };

export interface GamerStreamOptions extends StreamOpening {
  /** Called when the local engine is first needed. */
  engine(): Promise<FrameEngine>;
  clock: Clock;
  random(): number;
  /** The video channel of a linked volunteer. Throws MeshError `closed` if it has none. */
  videoChannelOf(volunteerId: string): VideoChannel;
  onClosed(): void;
}

/**
 * A stream on the gamer's side, in its worker. Source frames come in through {@link FrameIntake}, go to the side that
 * {@link SideChoice} picks, and reach the canvas through {@link Presenter}. {@link StallRecovery} keeps the picture from freezing.
 */
export class GamerStream {
  readonly #options: GamerStreamOptions;
  readonly #statistics: StreamStatistics;
  readonly #intake: FrameIntake;
  readonly #reader: SourceReader;
  readonly #presenter: Presenter;
  readonly #local: LocalRoute;
  readonly #localMeter = new LocalMeter();
  readonly #pool: VolunteerPool;
  readonly #recovery: StallRecovery;
  readonly #choice = new SideChoice();
  #settings: StreamSettings;
  #decision: Decision;
  #cancelTick: () => void = () => {};
  /** Why the source ended; null while it lives. */
  #ended: MeshError | null = null;
  #closed = false;

  /** Throws MeshError `unsupported-browser`; the caller then still owns what it passed. */
  constructor(options: GamerStreamOptions) {
    this.#options = options;
    const { clock, random, canvas, settings, engine, frames, first } = options;
    const now = () => clock.now();
    this.#settings = settings;
    const statistics = new StreamStatistics(now);
    this.#statistics = statistics;
    this.#presenter = new Presenter({
      clock,
      canvas,
      statistics,
      holdMs: () => this.#pool.intervalMs,
      isOlderExpected: (frameId) => this.#pool.isOlderExpected(frameId),
      onShown: () => this.#recovery.onShown(),
    });
    this.#intake = new FrameIntake({
      now,
      settings,
      statistics,
      onResize: (size) => this.#resized(size),
      onFrame: (frame) => this.#route(frame),
    });
    const sink: FrameSink = {
      onUpscaled: (upscaled) => this.#upscaled(upscaled),
      onDropped: ({ frameId, purpose }, cause) => {
        if (purpose === 'show') statistics.dropped(frameId, cause);
        this.#presenter.settle();
      },
    };
    this.#local = new LocalRoute({ engine, now, sink });
    this.#pool = new VolunteerPool(
      {
        clock,
        random,
        sink,
        onSent: (sizeBytes) => statistics.sent(sizeBytes),
        onReceived: (sizeBytes) => statistics.received(sizeBytes),
        onSilent: () => this.#recovery.onVolunteerSilent(),
        onFailed: (streamId, error) => this.#volunteerFailed(streamId, error),
      },
      settings.maxFps,
    );
    this.#recovery = new StallRecovery({
      clock,
      intake: this.#intake,
      presenter: this.#presenter,
      local: this.#local,
      localMeter: this.#localMeter,
      pool: this.#pool,
    });
    this.#decision = this.#decide();
    this.#reader = new SourceReader(frames, first, {
      onFrame: (frame) => this.#intake.accept(frame),
      onEnd: (error) => this.#sourceEnded(error),
    });
    this.#tick();
  }

  set(changes: Partial<StreamSettings>): void {
    this.#settings = { ...this.#settings, ...changes };
    const { maxFps, quality, where } = this.#settings;
    log.info('settings', { quality, where, maxFps });
    this.#intake.maxFps = maxFps;
    this.#pool.fps = maxFps;
    this.#shapeLocal();
    this.#restartProbes();
    this.#intake.repeatNewest();
  }

  /**
   * Lets frames go to this volunteer too. Throws MeshError `closed` if its video channel is gone, `unsupported-browser` if this
   * browser cannot encode for it.
   */
  addVolunteer(ready: ReadyVolunteer): void {
    this.#pool.add(ready, this.#options.videoChannelOf(ready.volunteerId));
    this.#restartProbes();
    this.#intake.repeatNewest();
  }

  /** Removes the route with this id; the stream goes on without it. */
  removeVolunteer(streamId: number): void {
    this.#pool.remove(streamId);
    this.#intake.repeatNewest();
  }

  /** The connection to a volunteer is lost. */
  volunteerLost(volunteerId: string, error: MeshError): void {
    this.#pool.connectionLost(volunteerId, error);
  }

  stats(): StreamStats {
    const { running } = this.#decision;
    const outcome = this.#presenter.shown?.outcome;
    const isTooSlow = outcome === null && running === 'local' && this.#local.isResting;
    const isPromised = this.#settings.quality !== 'auto';
    return this.#statistics.report({
      codec: this.#pool.codec,
      running,
      lowered: (isPromised && outcome?.downgradeReason) || (isTooSlow ? 'too-slow' : null),
      localBackend: this.#local.backend,
      why: this.#ended?.message ?? this.#why(),
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTick();
    // First: what ends below must not repeat the newest frame.
    this.#intake.dispose();
    this.#recovery.dispose();
    this.#presenter.dispose();
    this.#pool.clear();
    this.#local.dispose();
    this.#options.events.close();
    this.#options.onClosed();
    await this.#reader.stop();
  }

  #resized(size: StreamSize): void {
    log.info('size', { ...size });
    this.#presenter.size = size;
    this.#pool.clear();
    this.#shapeLocal();
    this.#tell({ kind: 'size', size });
  }

  #shapeLocal(): void {
    const { size } = this.#intake;
    const { quality, maxFps } = this.#settings;
    if (size) this.#local.shape({ size, quality: bestOf(quality), fps: maxFps });
  }

  /** Sends copies of the frame to the side that runs, and to the other one when that has to be measured. */
  #route({ frame, frameId, capturedMs }: IntakeFrame): void {
    const copy = (purpose: Purpose): CapturedFrame => ({ frameId, capturedMs, frame: frame.clone(), purpose });
    this.#decision = this.#decide();
    const isAuto = this.#settings.where === 'auto';
    if (this.#decision.running === 'volunteers') {
      // At least once in any case: the first frame that fills a gap must not wait for shaders to be compiled.
      const wantsLocal = isAuto || this.#localMeter.computeMs === null;
      if (wantsLocal && this.#localMeter.wantsProbe(capturedMs)) this.#local.offer(copy('measure'));
      // Last: if the encoder fails at once, the newest frame is repeated and this one is closed.
      this.#pool.offer(copy('show'));
      if (this.#intake.newest?.frameId === frameId) this.#pool.probeIdle(() => copy('measure'));
    } else {
      this.#local.offer(copy('show'));
      if (isAuto) this.#pool.probeIdle(() => copy('measure'));
    }
    this.#recovery.onCaptured(this.#decision.running === 'volunteers' ? this.#pool.delayMs : 0);
  }

  /** Takes ownership of the frame. */
  #upscaled(upscaled: UpscaledFrame): void {
    this.#localMeter.measured(upscaled, this.#options.clock.now());
    if (this.#closed || upscaled.purpose === 'measure') upscaled.frame.close();
    // A frame that fills a gap must not wait for the late frames that caused it.
    else if (upscaled.purpose === 'fill') this.#presenter.presentNow(upscaled);
    else this.#presenter.present(upscaled);
  }

  #why(): string {
    return explainStream({
      decision: this.#decision,
      frameError: this.#intake.error,
      local: this.#local,
      shown: this.#presenter.shown,
      chosen: this.#settings.quality,
      nameOf: (volunteerId) => this.#pool.nameOf(volunteerId),
    });
  }

  #decide(): Decision {
    const { where, maxFps } = this.#settings;
    return this.#choice.decide({
      where,
      local: this.#localMeter.forecast(maxFps),
      volunteer: this.#pool.forecast(),
    });
  }

  #restartProbes(): void {
    this.#localMeter.restartProbes();
    this.#pool.restartProbes();
  }

  /** The last frame stays on the screen; the ticks repeat it until it is upscaled. */
  #sourceEnded(error: MeshError): void {
    this.#ended = error;
    log.info('source ended', { reason: error.reason });
    this.#tell({ kind: 'ended', error: error.toWire() });
  }

  #volunteerFailed(streamId: number, error: MeshError): void {
    this.#tell({ kind: 'volunteer-failed', streamId, error: error.toWire() });
    this.#intake.repeatNewest();
  }

  #tick(): void {
    this.#cancelTick = this.#options.clock.after(STATS_INTERVAL_MS, () => this.#tick());
    this.#recovery.checkStillFrame();
    this.#decision = this.#decide();
    this.#tell({ kind: 'stats', stats: this.stats() });
  }

  #tell(event: StreamEvent): void {
    this.#options.events.postMessage(event);
  }
}

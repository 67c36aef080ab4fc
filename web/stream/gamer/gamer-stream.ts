import * as Comlink from 'comlink';
import type { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { CapturedFrame, DropCause, FrameDetail, FrameSink, Purpose, UpscaledFrame } from '../frame.ts';
import type { StreamSize } from '../frame-size.ts';
import { bestOf, MAX_PATIENCE, type StreamSettings } from '../settings.ts';
import { BeforeView, type FramePair } from './before-view.ts';
import { blendOf, expectedGainDb } from './detail-tuning.ts';
import { FrameIntake, type IntakeFrame } from './frame-intake.ts';
import { FramePresenter } from './frame-presenter.ts';
import { SourceReader } from './frame-source.ts';
import { LocalRoute } from './local-route.ts';
import { Patience } from './patience.ts';
import { PresentationCanvas } from './presentation-canvas.ts';
import { type HelpForecast, SideChoice, type SideDecision } from './side-choice.ts';
import { SourceSharpness } from './source-sharpness.ts';
import { StillPicture } from './still-picture.ts';
import { StreamReporter } from './stream-reporter.ts';
import { StreamStatistics, type StreamStats } from './stream-statistics.ts';
import type { GamerStreamOptions, StreamEvent } from './stream-types.ts';
import { VolunteerPool } from './volunteer-pool.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

const log = logger('stream.gamer');

/** How often a stream reports its figures, ms: as often as a person can read them. */
export const STATS_INTERVAL_MS = 250;

/** A picture that is missing on the screen for this long is sent again, ms: ten frames at 60 fps. */
const MISSING_MS = 160;

/**
 * A stream on the gamer's side, in its worker. Source frames come in through {@link FrameIntake} and are shown at once, enlarged, by
 * {@link FramePresenter}, which adds the detail that the volunteers of {@link VolunteerPool} send; or they are sharpened here by
 * {@link LocalRoute}, if {@link SideChoice} expects a better picture of that. With the transport `picture` one volunteer's pictures are
 * shown instead of this machine's own.
 */
export class GamerStream {
  readonly #options: GamerStreamOptions;
  readonly #statistics: StreamStatistics;
  readonly #intake: FrameIntake;
  readonly #reader: SourceReader;
  readonly #screen: PresentationCanvas;
  readonly #local: LocalRoute;
  readonly #pool: VolunteerPool;
  readonly #patience: Patience;
  readonly #sharpness: SourceSharpness;
  readonly #still: StillPicture;
  readonly #choice = new SideChoice();
  readonly #presenter: FramePresenter;
  readonly #reporter: StreamReporter;
  #settings: StreamSettings;
  /** Quality of the newest frame that this machine sharpened; null before the first. */
  #localQuality: Quality | null = null;
  #decision: SideDecision;
  #cancelTick: () => void = () => {};
  /** Why the source ended; null while it lives. */
  #ended: MeshError | null = null;
  #isClosed = false;

  /** Throws MeshError `unsupported-browser`; the caller then still owns what it passed. */
  constructor(options: GamerStreamOptions) {
    this.#options = options;
    const { clock, random, canvas, settings, engine, frames, first } = options;
    const now = () => clock.now();
    this.#settings = settings;
    const statistics = new StreamStatistics(now);
    this.#statistics = statistics;
    this.#screen = new PresentationCanvas({ clock, canvas, statistics });
    this.#patience = new Patience(settings.patience, now);
    this.#sharpness = new SourceSharpness(now, random);
    this.#presenter = new FramePresenter({
      ...{ clock, screen: this.#screen, statistics, patience: this.#patience },
      intervalMs: () => this.#intake.intervalMs,
      blending: (local, detail) => this.#blending(local, detail),
      openComposer: this.#isDetail ? options.openComposer : null,
      onReady: () => this.#intake.repeatNewest(),
    });
    this.#intake = new FrameIntake({
      clock,
      settings,
      statistics,
      onResize: (size) => this.#resized(size),
      onFrame: (frame) => this.#route(frame),
    });
    const sink: FrameSink = {
      onUpscaled: (upscaled) => this.#pictureCame(upscaled),
      onDetail: (detail) => this.#detailCame(detail),
      onDropped: (frame, cause) => this.#dropped(frame, cause),
    };
    this.#local = new LocalRoute({
      ...{ engine, now, isBaseShown: this.#isDetail },
      sink: {
        onUpscaled: (upscaled) => this.#sharpened(upscaled),
        onDropped: ({ frameId }, cause) => this.#notSharpened(frameId, cause),
      },
    });
    this.#pool = new VolunteerPool({
      ...{ clock, random, sink, upscaleTile: options.upscaleTile, histories: options.histories },
      intervalMs: () => this.#intake.intervalMs,
      onSent: (sizeBytes) => statistics.sent(sizeBytes),
      onReceived: (sizeBytes) => statistics.received(sizeBytes),
      onLimited: (best) => this.#tell({ kind: 'limited', best }),
      onFailed: (streamId, error) => this.#volunteerFailed(streamId, error),
    });
    this.#still = new StillPicture({
      clock,
      intervalMs: () => this.#intake.intervalMs,
      isIncomplete: () => this.#isIncomplete(),
      canRefine: () => this.#isDetail && this.#decision.running === 'volunteers' && this.#pool.name !== null,
      repeat: () => this.#intake.repeatNewest(),
    });
    this.#reporter = new StreamReporter({
      ...{ statistics, intake: this.#intake, screen: this.#screen },
      ...{ presenter: this.#presenter, local: this.#local, pool: this.#pool },
    });
    this.#decision = this.#decide();
    this.#reader = new SourceReader(frames, first, {
      onFrame: (frame) => this.#intake.accept(frame),
      onEnd: (error) => this.#sourceEnded(error),
    });
    this.#tick();
  }

  /** The page has ended the source, which goes on in this thread. */
  endSource(): void {
    void this.#reader.end();
  }

  set(changes: Partial<StreamSettings>): void {
    this.#settings = { ...this.#settings, ...changes };
    const { maxFps, quality, where, patience } = this.#settings;
    log.info('settings', { quality, where, maxFps });
    this.#intake.maxFps = maxFps;
    this.#pool.fps = maxFps;
    this.#pool.allow(bestOf(quality));
    this.#patience.chosen = patience;
    this.#shapeLocal();
    this.#restart();
  }

  /**
   * Lets frames go to this volunteer too. Throws MeshError `closed` if its video channel is gone, `unsupported-browser` if this
   * browser cannot encode for it.
   */
  addVolunteer(ready: ReadyVolunteer): void {
    this.#pool.add(ready, this.#options.videoChannelOf(ready.volunteerId));
    this.#restart();
  }

  /** Removes the route with this id; the stream goes on without it. */
  removeVolunteer(streamId: number): void {
    this.#pool.remove(streamId);
    this.#restart();
  }

  /** The connection to a volunteer is lost. */
  volunteerLost(volunteerId: string, error: MeshError): void {
    this.#pool.connectionLost(volunteerId, error);
  }

  /** Shows the frames as they were captured on this canvas too, from the next one on. Throws MeshError `unsupported-browser`. */
  showBefore(canvas: OffscreenCanvas): void {
    if (this.#isClosed) return;
    this.#screen.before = new BeforeView(canvas);
    this.#intake.repeatNewest();
  }

  /** Both pictures of the frame on the screen; null while there is none, or none was shown on {@link showBefore}'s canvas yet. */
  async pair(): Promise<FramePair | null> {
    const pair = await this.#screen.pair();
    return pair && Comlink.transfer(pair, [pair.before, pair.after]);
  }

  stats(): StreamStats {
    return this.#reporter.report({ settings: this.#settings, decision: this.#decision, ended: this.#ended });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTick();
    // First: what ends below must not repeat the newest frame.
    this.#intake.dispose();
    this.#still.dispose();
    this.#pool.clear();
    this.#local.dispose();
    this.#presenter.dispose();
    this.#screen.before?.dispose();
    this.#options.events.close();
    this.#options.onClosed();
    await this.#reader.stop();
  }

  get #isDetail(): boolean {
    return this.#settings.transport === 'detail';
  }

  #blending(local: Quality | null, detail: FrameDetail | null) {
    const { downlinkKbps = 0 } = this.#pool.forecast ?? {};
    const gainDb = detail ? expectedGainDb(local, detail.outcome.quality, downlinkKbps) : 0;
    return { ...blendOf(local, detail !== null, this.#sharpness.value), gainDb };
  }

  #resized(size: StreamSize): void {
    log.info('size', { ...size });
    this.#screen.size = size;
    this.#presenter.resize(size);
    this.#pool.clear();
    this.#patience.restart();
    this.#shapeLocal();
    this.#tell({ kind: 'size', size });
  }

  #shapeLocal(): void {
    const { size } = this.#intake;
    const { quality, maxFps } = this.#settings;
    if (size) this.#local.shape({ size, quality, fps: maxFps });
  }

  /**
   * Sends copies of the frame to those who have part in its picture: this machine, unless only volunteers were chosen, and volunteers if they run. They
   * also get one where they have to be measured.
   */
  #route({ frame, frameId, capturedMs, isRepeat }: IntakeFrame): void {
    const copy = (purpose: Purpose): CapturedFrame => ({ frameId, capturedMs, frame: frame.clone(), purpose });
    this.#screen.before?.keep(frameId, frame);
    this.#decision = this.#decide();
    this.#still.onFrame(isRepeat);
    const isAuto = this.#settings.where === 'auto';
    if (this.#isDetail) this.#sharpness.offer(frame, isRepeat);
    if (this.#decision.running === 'volunteers') {
      const isHelped = this.#pool.name !== null;
      const isSharpened = isAuto && this.#isDetail;
      if (isHelped && this.#isDetail) this.#patience.sent(frameId);
      this.#patience.judge(this.#intake.intervalMs);
      if (this.#isDetail || !isHelped) {
        const parts = { detail: isHelped && this.#isDetail, sharpened: isSharpened };
        this.#presenter.show({ ...copy('show'), isRepeat }, parts);
      }
      if (isSharpened) this.#local.offer(copy('show'));
      // Last: if the encoder fails at once, the newest frame is repeated and this one is closed.
      if (isHelped) this.#pool.offer(copy('show'));
      if (this.#intake.newest?.frameId === frameId) this.#pool.probeIdle(() => copy('measure'));
    } else {
      this.#presenter.show({ ...copy('show'), isRepeat }, { detail: false, sharpened: true });
      this.#local.offer(copy('show'));
      if (isAuto) this.#pool.probeIdle(() => copy('measure'));
    }
  }

  /** Takes ownership of a volunteer's picture. */
  #pictureCame(upscaled: UpscaledFrame): void {
    if (this.#isClosed || upscaled.purpose === 'measure') upscaled.frame.close();
    else this.#screen.show(upscaled);
  }

  /** Takes ownership of what this machine made of a frame. */
  #sharpened(upscaled: UpscaledFrame): void {
    this.#localQuality = upscaled.outcome?.quality ?? this.#localQuality;
    if (this.#isClosed) upscaled.frame.close();
    else this.#presenter.sharpened(upscaled);
  }

  #notSharpened(frameId: number, cause: DropCause): void {
    this.#statistics.dropped(frameId, cause);
    this.#presenter.dropped(frameId, 'sharpened');
  }

  #detailCame(detail: FrameDetail): void {
    if (this.#isClosed || detail.purpose === 'measure') detail.release();
    else {
      this.#still.onDetail(detail.codes);
      this.#presenter.add(detail);
    }
  }

  #dropped({ frameId, purpose }: Pick<CapturedFrame, 'frameId' | 'purpose'>, cause: DropCause): void {
    if (purpose !== 'show') return;
    this.#statistics.dropped(frameId, cause);
    this.#patience.dropped(frameId);
    this.#presenter.dropped(frameId, 'detail');
  }

  /** Whether the newest frame is missing on the screen, or its picture waits for what frames bring about. */
  #isIncomplete(): boolean {
    const { newest, hasEarly } = this.#intake;
    const { newestFrameId, shownMs, shown } = this.#screen;
    if (hasEarly) return true;
    if (!newest) return false;
    if (newest.frameId > newestFrameId) return this.#options.clock.now() - shownMs > MISSING_MS;
    if (this.#decision.running === 'local' && shown?.outcome === null) return this.#local.canTry;
    return shown?.outcome?.downgradeReason === 'getting-ready';
  }

  #decide(): SideDecision {
    const { where, transport, quality } = this.#settings;
    return this.#choice.decide({
      ...{ where, transport, quality },
      nowMs: this.#options.clock.now(),
      // It is enlarged all the same.
      localQuality: this.#isDetail && this.#local.isPassthrough ? 'bicubic' : this.#localQuality,
      volunteer: this.#forecast(),
    });
  }

  #forecast(): HelpForecast | null {
    const { forecast } = this.#pool;
    if (!forecast) return null;
    const isQuick = forecast.delayMs <= MAX_PATIENCE * this.#intake.intervalMs;
    // While volunteers help, it is counted; before, one frame now and then tells how long it would take.
    const inTimeShare = this.#decision?.running === 'volunteers' ? this.#patience.inTimeShare : Number(isQuick);
    return { ...forecast, inTimeShare };
  }

  /** Settings or volunteers have changed. */
  #restart(): void {
    this.#pool.restartProbes();
    this.#patience.restart();
    this.#still.restart();
    this.#intake.repeatNewest();
  }

  /** The last frame stays on the screen. The page releases the volunteers once it is told, so first they refine it. */
  #sourceEnded(error: MeshError): void {
    this.#ended = error;
    log.info('source ended', { reason: error.reason });
    this.#still.refineLast(() => this.#tell({ kind: 'ended', error: error.toWire() }));
  }

  #volunteerFailed(streamId: number, error: MeshError): void {
    this.#tell({ kind: 'volunteer-failed', streamId, error: error.toWire() });
    this.#restart();
  }

  #tick(): void {
    this.#cancelTick = this.#options.clock.after(STATS_INTERVAL_MS, () => this.#tick());
    this.#decision = this.#decide();
    this.#tell({ kind: 'stats', stats: this.stats() });
  }

  #tell(event: StreamEvent): void {
    this.#options.events.postMessage(event);
  }
}

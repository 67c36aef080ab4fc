import type { Clock } from '../../../shared/clock.ts';
import { MeshError, type WireError } from '../../../shared/errors.ts';
import type { CapturedFrame, FrameSink, Purpose, SharpFrame } from '../frame.ts';
import { isSameSize, retimed, type StreamSize, sizeOf, streamSize } from '../frame-size.ts';
import type { StreamSettings } from '../settings.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import { STREAM } from '../tuning.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { FrameRateCap } from './frame-rate-cap.ts';
import { LocalMeter } from './local-meter.ts';
import { LocalRoute } from './local-route.ts';
import { NewestFrame } from './newest-frame.ts';
import { Presenter } from './presenter.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { type Decision, SideChoice } from './side-choice.ts';
import { SourceReader } from './source-reader.ts';
import { StallDetector } from './stall-detector.ts';
import { streamWords } from './stream-messages.ts';
import { StreamStatistics, type StreamStats } from './stream-statistics.ts';
import { VolunteerPool } from './volunteer-pool.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

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
  engine(): Promise<FrameEngine>;
  clock: Clock;
  random(): number;
  /** The video channel of a linked volunteer. Throws MeshError `closed` if it has none. */
  videoChannelOf(volunteerId: string): VideoChannel;
  onClosed(): void;
}

/**
 * A stream on the gamer's side, in its worker: source frames in, the freshest sharp ones on the canvas. Each goes to the side that
 * {@link SideChoice} names; when no picture comes in its usual time the newest frame is shown from here, so that the picture never
 * freezes.
 */
export class GamerStream {
  readonly #options: GamerStreamOptions;
  readonly #statistics: StreamStatistics;
  readonly #presenter: Presenter;
  readonly #reader: SourceReader;
  readonly #rateCap: FrameRateCap;
  readonly #local: LocalRoute;
  readonly #localMeter = new LocalMeter();
  readonly #pool: VolunteerPool;
  readonly #order: ReorderBuffer;
  readonly #gaps: StallDetector;
  readonly #choice = new SideChoice();
  readonly #sink: FrameSink;
  #settings: StreamSettings;
  #size: StreamSize | null = null;
  #decision: Decision;
  #nextFrameId = 0;
  #lastTimestampUs = 0;
  readonly #newest = new NewestFrame();
  #presentedMs: number;
  #shown: Pick<SharpFrame, 'made' | 'volunteerId'> | null = null;
  #cancelTick: () => void = () => {};
  /** Why the newest frame could not be used; null when it could. */
  #frameError: MeshError | null = null;
  #ended: MeshError | null = null;
  #closed = false;

  /** Throws MeshError `unsupported-browser`; what it was given then stays the caller's. */
  constructor(options: GamerStreamOptions) {
    this.#options = options;
    const { clock, random, canvas, settings, engine, frames, first } = options;
    const now = () => clock.now();
    this.#settings = settings;
    this.#statistics = new StreamStatistics(now);
    this.#presenter = new Presenter(canvas);
    this.#rateCap = new FrameRateCap(settings.maxFps);
    this.#sink = {
      onSharp: (sharp) => this.#sharpened(sharp),
      onDropped: ({ frameId, purpose }, cause) => {
        if (purpose === 'show') this.#statistics.dropped(frameId, cause);
        this.#order.settle();
      },
    };
    this.#local = new LocalRoute({ engine, now, sink: this.#sink });
    this.#pool = new VolunteerPool(
      {
        ...{ clock, random, sink: this.#sink },
        onSent: (sizeBytes) => this.#statistics.sent(sizeBytes),
        onReceived: (sizeBytes) => this.#statistics.received(sizeBytes),
        onSilent: () => this.#volunteerSilent(),
        onFailed: (streamId, error) => this.#volunteerFailed(streamId, error),
      },
      settings.maxFps,
    );
    this.#order = new ReorderBuffer({
      clock,
      holdMs: () => this.#pool.intervalMs,
      isOlderExpected: (frameId) => this.#pool.isOlderExpected(frameId),
      show: (sharp) => this.#show(sharp),
    });
    this.#gaps = new StallDetector(clock, () => this.#fillGap());
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
    this.#shapeLocal();
    this.#pool.fps = this.#settings.maxFps;
    this.#restartProbes();
    this.#repeatNewest();
  }

  /** From now on frames may go to this volunteer too. Throws MeshError `closed` if its video channel is gone, `unsupported-browser` if they cannot be encoded. */
  useVolunteer(ready: ReadyVolunteer): void {
    this.#pool.add(ready, this.#options.videoChannelOf(ready.volunteerId));
    this.#restartProbes();
    this.#repeatNewest();
  }

  /** The volunteer's stream with this id is over; the picture goes on without it. */
  dropVolunteer(streamId: number): void {
    this.#pool.drop(streamId);
    this.#repeatNewest();
  }

  /** Nothing more will come from this volunteer. */
  volunteerLost(volunteerId: string, error: MeshError): void {
    this.#pool.lost(volunteerId, error);
  }

  stats(): StreamStats {
    const { running } = this.#decision;
    return this.#statistics.report({
      codec: this.#pool.codec,
      running,
      why: this.#ended?.message ?? this.#why(),
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTick();
    this.#gaps.dispose();
    this.#order.dispose();
    this.#pool.clear();
    this.#local.dispose();
    this.#newest.forget();
    this.#options.events.close();
    this.#options.onClosed();
    await this.#reader.stop();
  }

  #arrived(source: VideoFrame): void {
    const frameId = this.#nextFrameId++;
    this.#statistics.captured(frameId);
    try {
      if (this.#rateCap.admits(this.#options.clock.now())) this.#take(source, frameId);
      else this.#statistics.refused('fps-cap');
    } catch (cause) {
      this.#statistics.refused('failed');
      throw cause;
    } finally {
      source.close();
    }
  }

  /** Crops the frame to its even size, gives it a time of our own clock and sends it on its way. */
  #take(source: VideoFrame, frameId: number): void {
    const size = streamSize(sizeOf(source), this.#settings.scale);
    if (!this.#size || !isSameSize(size, this.#size)) this.#resize(size);
    const nowMs = this.#options.clock.now();
    this.#lastTimestampUs = Math.max(this.#lastTimestampUs + 1, Math.round(nowMs * 1000));
    const frame = retimed(source, this.#lastTimestampUs, size);
    this.#newest.keep({ frame, frameId, atMs: nowMs });
    this.#route(frame, frameId, nowMs);
    this.#gaps.captured(this.#decision.running === 'volunteers' ? this.#pool.delayMs : 0);
    this.#frameError = null;
  }

  #resize(size: StreamSize): void {
    this.#size = size;
    this.#pool.clear();
    this.#shapeLocal();
    this.#tell({ kind: 'size', size });
  }

  #shapeLocal(): void {
    const { quality, maxFps } = this.#settings;
    if (this.#size) this.#local.shape({ size: this.#size, quality, fps: maxFps });
  }

  #route(frame: VideoFrame, frameId: number, nowMs: number): void {
    const copy = (purpose: Purpose): CapturedFrame => ({ frameId, capturedMs: nowMs, frame: frame.clone(), purpose });
    this.#decision = this.#decide();
    const isAuto = this.#settings.where === 'auto';
    if (this.#decision.running === 'volunteers') {
      // Once at least: the first picture that fills a gap must not wait for shaders to be compiled.
      const wantsLocal = isAuto || this.#localMeter.computeMs === null;
      if (wantsLocal && this.#localMeter.wantsProbe(nowMs)) this.#local.offer(copy('measure'));
      // Last: where an encoder fails at once, the newest frame is taken anew and this one closed.
      this.#pool.offer(copy('show'));
      if (this.#newest.current?.frameId === frameId) this.#pool.tryOthers(() => copy('measure'));
    } else {
      this.#local.offer(copy('show'));
      if (isAuto) this.#pool.tryOthers(() => copy('measure'));
    }
  }

  /** Takes the frame over. */
  #sharpened(sharp: SharpFrame): void {
    this.#localMeter.measured(sharp, this.#options.clock.now());
    if (this.#closed || sharp.purpose === 'measure') sharp.frame.close();
    // What fills a gap must not wait for those that left it.
    else if (sharp.purpose === 'fill') this.#show(sharp);
    else this.#order.offer(sharp);
  }

  /** Takes the frame over. */
  #show(sharp: SharpFrame): void {
    const { frameId, frame } = sharp;
    try {
      if (this.#size) this.#presenter.resize(this.#size.outWidth, this.#size.outHeight);
      if (!this.#presenter.show(frame, frameId)) return;
      this.#presentedMs = this.#options.clock.now();
      this.#shown = { made: sharp.made, volunteerId: sharp.volunteerId };
      this.#statistics.presented(sharp, sharp.stagesAt(this.#presentedMs));
      this.#gaps.shown();
    } finally {
      frame.close();
    }
  }

  /** No picture came in its usual time. Returns whether one should have. */
  #fillGap(): boolean {
    const newest = this.#newest.current;
    if (!newest || newest.frameId <= this.#presenter.newestFrameId) return false;
    const { frame, frameId, atMs: capturedMs } = newest;
    const captured: CapturedFrame = { frameId, capturedMs, frame: frame.clone(), purpose: 'fill' };
    const isQuick = this.#local.isReady && (this.#localMeter.computeMs ?? 0) <= STREAM.fillWithinMs;
    if (isQuick || this.#isStalled(this.#options.clock.now())) this.#local.offer(captured);
    // Soft now, since nobody will have it sharp in time.
    else if (this.#pool.name === null) this.#local.letThrough(captured);
    else captured.frame.close();
    return true;
  }

  #why(): string {
    return streamWords({
      ...{ decision: this.#decision, frameError: this.#frameError, local: this.#local, shown: this.#shown },
      chosen: this.#settings.quality,
      nameOf: (volunteerId) => this.#pool.nameOf(volunteerId),
    });
  }

  #isStalled(nowMs: number): boolean {
    const usualMs = this.#pool.name === null ? 0 : this.#pool.delayMs;
    return nowMs - this.#presentedMs > Math.max(STREAM.gapMs, 2 * usualMs);
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

  /** Told in `why`, until a frame can be used. */
  #frameFailed(error: MeshError): void {
    this.#frameError = error;
  }

  /** The last frame stays on the screen, sharpened here if it was not yet. */
  #sourceEnded(error: MeshError): void {
    this.#ended = error;
    this.#tell({ kind: 'ended', error: error.toWire() });
  }

  #volunteerFailed(streamId: number, error: MeshError): void {
    this.#tell({ kind: 'volunteer-failed', streamId, error: error.toWire() });
    this.#repeatNewest();
  }

  /** What it holds may never come: the newest frame goes to another one, or is sharpened here. */
  #volunteerSilent(): void {
    if (this.#isNewestMissing) this.#repeatNewest();
  }

  /** A few times a second: figures for the page, and a still source's last frame if it never came back sharp. */
  #tick(): void {
    this.#cancelTick = this.#options.clock.after(STREAM.statsIntervalMs, () => this.#tick());
    const nowMs = this.#options.clock.now();
    const ageMs = nowMs - (this.#newest.current?.atMs ?? nowMs);
    const isLate = this.#isNewestMissing && this.#isStalled(nowMs) && ageMs > STREAM.gapMs;
    if (isLate || this.#mayBecomeBetter(nowMs)) this.#repeatNewest();
    this.#decision = this.#decide();
    this.#tell({ kind: 'stats', stats: this.stats() });
  }

  #tell(event: StreamEvent): void {
    this.#options.events.postMessage(event);
  }

  /** Was what is on the screen let through as it came, or does it stand still while a better quality needs frames to get ready? */
  #mayBecomeBetter(nowMs: number): boolean {
    if (!this.#shown) return false;
    const { made } = this.#shown;
    if (made === null) return this.#local.mayTry;
    return made.lowered === 'getting-ready' && nowMs - this.#presentedMs > STREAM.gapMs;
  }

  get #isNewestMissing(): boolean {
    const { current } = this.#newest;
    return current !== null && current.frameId > this.#presenter.newestFrameId;
  }

  #repeatNewest(): void {
    if (this.#closed) return;
    const newest = this.#newest.take();
    if (!newest) return;
    const frameId = this.#nextFrameId++;
    this.#statistics.repeated(frameId);
    try {
      this.#take(newest.frame, frameId);
    } catch (cause) {
      this.#frameFailed(MeshError.from(cause, 'device-lost'));
    } finally {
      newest.frame.close();
    }
  }
}

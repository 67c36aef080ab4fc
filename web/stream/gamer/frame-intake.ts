import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { isReduced, isSameSize, type StreamSize, streamSize } from '../frame-size.ts';
import { RecentMedian } from '../rolling-statistics.ts';
import type { StreamSettings } from '../settings.ts';
import { normalizedFrame, shownSize } from './normalized-frame.ts';
import type { StreamStatistics } from './stream-statistics.ts';

/** Thins a source to a frame rate, evenly, whatever its jitter. */
export class FrameRateCap {
  #intervalMs: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(fps: number) {
    this.#intervalMs = 1000 / fps;
  }

  set fps(fps: number) {
    this.#intervalMs = 1000 / fps;
  }

  /** By when a source whose frames are no rarer than the rate has given the next one that is admitted. */
  get nextByMs(): number {
    return this.#dueMs + this.#intervalMs / 2;
  }

  /** A frame up to half an interval early counts as the due one, so that a cap of 60 never thins a 60 Hz source. */
  admits(nowMs: number): boolean {
    if (nowMs < this.#dueMs - this.#intervalMs / 2) return false;
    // After a pause the schedule starts again at this frame; the missed frames must not come through in a burst.
    const isBehind = nowMs - this.#dueMs > this.#intervalMs;
    this.#dueMs = (isBehind ? nowMs : this.#dueMs) + this.#intervalMs;
    return true;
  }
}

/** A source frame with its id, cropped to an even size and stamped with this machine's clock. */
export interface IntakeFrame {
  frameId: number;
  capturedMs: number;
  /** Whether it is the newest frame once more, since the source stands still. */
  isRepeat: boolean;
  /** Owned by the intake; receivers clone it. */
  frame: VideoFrame;
}

export interface FrameIntakeOptions {
  clock: Clock;
  settings: Pick<StreamSettings, 'scale' | 'maxFps'>;
  statistics: StreamStatistics;
  /** Called before the first frame, and before the first frame of another size. */
  onResize(size: StreamSize): void;
  onFrame(frame: IntakeFrame): void;
}

/**
 * Prepares source frames for the stream: caps their rate, numbers, crops and timestamps them. Keeps the newest one, because a still
 * source never gives it again; also when it came too soon for the rate, as the last of several does that a busy machine delivers at once.
 */
export class FrameIntake {
  readonly #options: FrameIntakeOptions;
  readonly #rateCap: FrameRateCap;
  #size: StreamSize | null = null;
  #reducedFrom: PictureSize | null = null;
  #newest: IntakeFrame | null = null;
  /** The source's newest frame where it came too soon. Owned; dropped when the source gives another one, else sent when that is overdue. */
  #early: { frameId: number; source: VideoFrame; cameMs: number; cancelTimer: () => void } | null = null;
  #error: MeshError | null = null;
  #nextFrameId = 0;
  #lastTimestampUs = 0;
  readonly #intervalMs = new RecentMedian();
  /** When the source gave its newest frame; null before the first. */
  #sourceMs: number | null = null;
  #maxFps: number;

  constructor(options: FrameIntakeOptions) {
    this.#options = options;
    this.#maxFps = options.settings.maxFps;
    this.#rateCap = new FrameRateCap(options.settings.maxFps);
  }

  /** Null before the first frame. */
  get size(): StreamSize | null {
    return this.#size;
  }

  /** Size of the source's frames, where they are too large for a stream and made smaller; null where they are not. */
  get reducedFrom(): PictureSize | null {
    return this.#reducedFrom;
  }

  /** Usual time between two frames of the source, as it is thinned, ms. */
  get intervalMs(): number {
    return Math.max(this.#intervalMs.value ?? 0, 1000 / this.#maxFps);
  }

  /** Null before the first frame and after {@link dispose}. */
  get newest(): Readonly<IntakeFrame> | null {
    return this.#newest;
  }

  /** Whether the source gave a newer frame than {@link newest}, which came too soon for the rate. {@link repeatNewest} sends it. */
  get hasEarly(): boolean {
    return this.#early !== null;
  }

  /** Why the newest frame could not be used; null when it could. */
  get error(): MeshError | null {
    return this.#error;
  }

  set maxFps(fps: number) {
    this.#maxFps = fps;
    this.#rateCap.fps = fps;
  }

  /** Takes ownership of a frame from the source. Never throws: the next frame may have a valid size, or find the GPU restored. */
  accept(source: VideoFrame): void {
    this.#dropEarly();
    const frameId = this.#nextFrameId++;
    this.#options.statistics.captured(frameId);
    const { clock } = this.#options;
    const cameMs = clock.now();
    if (this.#rateCap.admits(cameMs)) this.#use(source, frameId, cameMs);
    else {
      const cancelTimer = clock.after(this.#rateCap.nextByMs - cameMs, () => this.repeatNewest());
      this.#early = { frameId, source, cameMs, cancelTimer };
    }
  }

  /** Sends the newest frame through the stream again, under a new id; or for the first time, if it came too soon before. */
  repeatNewest(): void {
    if (this.#early) {
      const { source, frameId, cameMs, cancelTimer } = this.#early;
      this.#early = null;
      cancelTimer();
      this.#rateCap.admits(this.#options.clock.now());
      this.#use(source, frameId, cameMs);
      return;
    }
    const newest = this.#newest;
    if (!newest) return;
    this.#newest = null;
    const frameId = this.#nextFrameId++;
    this.#options.statistics.repeated(frameId);
    try {
      this.#admit(newest.frame, frameId, this.#options.clock.now(), true);
    } catch (cause) {
      this.#failed(cause);
    } finally {
      newest.frame.close();
    }
  }

  dispose(): void {
    this.#dropEarly();
    this.#newest?.frame.close();
    this.#newest = null;
  }

  /** Takes ownership of a frame of the source that was counted as captured. */
  #use(source: VideoFrame, frameId: number, cameMs: number): void {
    try {
      this.#admit(source, frameId, cameMs, false);
    } catch (cause) {
      this.#options.statistics.refused('failed');
      this.#failed(cause);
    } finally {
      source.close();
    }
  }

  #dropEarly(): void {
    if (!this.#early) return;
    this.#early.cancelTimer();
    this.#early.source.close();
    this.#early = null;
    this.#options.statistics.refused('fps-cap');
  }

  #admit(source: VideoFrame, frameId: number, capturedMs: number, isRepeat: boolean): void {
    const { settings, onResize, onFrame } = this.#options;
    const shown = shownSize(source);
    const size = streamSize(shown, settings.scale);
    // A repeated frame was made smaller before.
    if (!isRepeat) this.#reducedFrom = isReduced(shown, size) ? shown : null;
    if (!this.#size || !isSameSize(size, this.#size)) {
      this.#size = size;
      onResize(size);
    }
    if (!isRepeat) {
      if (this.#sourceMs !== null) this.#intervalMs.add(capturedMs - this.#sourceMs);
      this.#sourceMs = capturedMs;
    }
    this.#lastTimestampUs = Math.max(this.#lastTimestampUs + 1, Math.round(capturedMs * 1000));
    const admitted = { frameId, capturedMs, isRepeat, frame: normalizedFrame(source, this.#lastTimestampUs, size) };
    this.#newest?.frame.close();
    this.#newest = admitted;
    onFrame(admitted);
    this.#error = null;
  }

  #failed(cause: unknown): void {
    this.#error = MeshError.from(cause, 'device-lost');
  }
}

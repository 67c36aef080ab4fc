import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { DropCause, SharpFrame } from '../frame.ts';
import { type FrameTiming, type StageTimes, summarize, totalMs } from '../frame-timing.ts';
import { SlidingWindow } from '../rolling-statistics.ts';
import { FrameAccounting } from './frame-accounting.ts';

/** Which side sharpens the frames. */
export type Side = 'volunteers' | 'local';

/**
 * `StreamStats` of p2c2r.d.ts. Each captured frame is counted once: as presented, or as dropped for one cause; what is missing is
 * under way. Times in ms over the last `STREAM_LIMITS.statsWindowMs`; the stages add up to glass-to-glass p50.
 */
export interface StreamStats {
  framesCaptured: number;
  /** Copies, to be shown or to measure a volunteer. */
  framesSent: number;
  /** By whomever: one that this computer showed since a volunteer was late with it is no drop when that answer comes. */
  framesPresented: number;
  /** Of these, sharpened on this computer. */
  framesLocal: number;
  /** Of these, shown only as they came, since this computer was still measuring itself or could not sharpen them. */
  framesUnsharpened: number;
  /** Told when a newer frame is on the screen: until then each may still be shown by somebody else. */
  framesDropped: Record<string, number>;
  /** Pictures, also of a frame that was shown before, less sharp or in another quality. */
  fps: number;
  /** Of sharpened frames; 0 while there is none. */
  glassToGlassMs: { p50: number; p95: number };
  stagesMs: { name: string; p50: number }[];
  uplinkKbps: number;
  downlinkKbps: number;
  codec: string;
  shares: { volunteerId: string; share: number }[];
  running: Side;
  /** What is shown now is made with this; null: it is shown as it came. Below the chosen one where a machine is too slow for that: `why` says so. */
  quality: Quality | null;
  why: string;
}

interface Presented extends FrameTiming {
  /** Null: this machine itself. */
  volunteerId: string | null;
  isSharpened: boolean;
}

const MAX_FRAMES_IN_WINDOW = (STREAM_LIMITS.maxFps * STREAM_LIMITS.statsWindowMs) / 1000;

/** Counts what becomes of a stream's frames, and times what is shown of them. */
export class StreamStatistics {
  readonly #now: () => number;
  readonly #presented = new SlidingWindow<Presented>(STREAM_LIMITS.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #upBytes = new SlidingWindow<number>(STREAM_LIMITS.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #downBytes = new SlidingWindow<number>(STREAM_LIMITS.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #fates = new FrameAccounting();
  #framesCaptured = 0;
  #framesSent = 0;
  #quality: Quality | null = null;
  #firstCapturedMs: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The source gave a frame, which has a higher number than all before. */
  captured(frameId: number): void {
    this.#firstCapturedMs ??= this.#now();
    this.#framesCaptured++;
    this.#fates.began(frameId);
  }

  /** The newest frame is not sent on its way at all. */
  refused(cause: DropCause): void {
    this.#fates.refused(cause);
  }

  /** The newest frame goes on its way once more, under another number. */
  repeated(frameId: number): void {
    this.#fates.again(frameId);
  }

  sent(sizeBytes: number): void {
    this.#framesSent++;
    this.#upBytes.add(sizeBytes, this.#now());
  }

  received(sizeBytes: number): void {
    this.#downBytes.add(sizeBytes, this.#now());
  }

  /** It will not come this way; it may still come another. */
  dropped(frameId: number, cause: DropCause): void {
    this.#fates.failed(frameId, cause);
  }

  presented(
    { frameId, volunteerId, made }: Pick<SharpFrame, 'frameId' | 'volunteerId' | 'made'>,
    stages: StageTimes,
  ): void {
    const isSharpened = made !== null;
    this.#quality = made?.quality ?? null;
    const sharpenedBy = volunteerId === null ? 'local' : 'volunteer';
    this.#fates.presented(frameId, isSharpened ? sharpenedBy : 'nobody');
    this.#presented.add({ volunteerId, isSharpened, stages, totalMs: totalMs(stages) }, this.#now());
  }

  report(state: Pick<StreamStats, 'codec' | 'running' | 'why'>): StreamStats {
    const nowMs = this.#now();
    const presented = this.#presented.entries(nowMs);
    // A stream younger than the window is not slower for it.
    const spanMs = Math.min(STREAM_LIMITS.statsWindowMs, Math.max(1, nowMs - (this.#firstCapturedMs ?? nowMs)));
    const kbps = (bytes: SlidingWindow<number>) => (8 * bytes.entries(nowMs).reduce((sum, n) => sum + n, 0)) / spanMs;
    const { shown, dropped } = this.#fates;
    return {
      framesCaptured: this.#framesCaptured,
      framesSent: this.#framesSent,
      framesPresented: shown.volunteer + shown.local + shown.nobody,
      framesLocal: shown.local,
      framesUnsharpened: shown.nobody,
      framesDropped: Object.fromEntries(dropped),
      fps: presented.length > 1 ? (1000 * presented.length) / spanMs : 0,
      // A frame that nobody worked on is fast, and says nothing of those that will be.
      ...summarize(presented.filter(({ isSharpened }) => isSharpened)),
      uplinkKbps: kbps(this.#upBytes),
      downlinkKbps: kbps(this.#downBytes),
      shares: sharesOf(presented),
      quality: this.#quality,
      ...state,
    };
  }
}

/** Each volunteer's part of the frames shown; what is missing to 1 was shown from here. */
function sharesOf(presented: readonly Presented[]): StreamStats['shares'] {
  const counts = new Map<string, number>();
  for (const { volunteerId } of presented) {
    if (volunteerId !== null) counts.set(volunteerId, (counts.get(volunteerId) ?? 0) + 1);
  }
  return [...counts].map(([volunteerId, count]) => ({ volunteerId, share: count / presented.length }));
}

import { STREAM } from '../../shared/tuning.ts';
import type { DropCause } from './drop-cause.ts';
import { FrameFates } from './frame-fates.ts';
import { type FrameTiming, summarize } from './percentiles.ts';
import { SlidingWindow } from './sliding-window.ts';
import { type StageTimes, totalMs } from './stage-clock.ts';

/** Which side sharpens the frames. */
export type Side = 'volunteers' | 'local';

/** `StreamStats` of p2c2r.d.ts. Times in ms over the last `STREAM.statsWindowMs`; the stages add up to glass-to-glass p50. */
export interface StreamStats {
  /**
   * One that is taken again, since the picture stands still and is to be shown anew, counts again. Each was presented, or dropped,
   * or is under way.
   */
  framesCaptured: number;
  framesSent: number;
  framesPresented: number;
  /** Sharpened on this computer. */
  framesLocal: number;
  /** Shown as they came, since this computer was still measuring itself or could not sharpen them. */
  framesUnsharpened: number;
  framesDropped: Record<string, number>;
  fps: number;
  /** Of sharpened frames; 0 while there is none. */
  glassToGlassMs: { p50: number; p95: number };
  stagesMs: { name: string; p50: number }[];
  uplinkKbps: number;
  downlinkKbps: number;
  codec: string;
  shares: { volunteerId: string; share: number }[];
  running: Side;
  why: string;
}

interface Presented extends FrameTiming {
  /** Null: this machine itself. */
  volunteerId: string | null;
  isSharpened: boolean;
}

const MAX_FRAMES_IN_WINDOW = (STREAM.maxFps * STREAM.statsWindowMs) / 1000;

/** Counts what becomes of a stream's frames. */
export class StreamStatistics {
  readonly #now: () => number;
  readonly #presented = new SlidingWindow<Presented>(STREAM.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #upBytes = new SlidingWindow<number>(STREAM.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #downBytes = new SlidingWindow<number>(STREAM.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #fates = new FrameFates();
  #framesSent = 0;
  #framesLocal = 0;
  #framesUnsharpened = 0;
  #firstCapturedMs: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  captured(frameId: number): void {
    this.#firstCapturedMs ??= this.#now();
    this.#fates.wasCaptured(frameId);
  }

  sent(sizeBytes: number): void {
    this.#framesSent++;
    this.#upBytes.add(sizeBytes, this.#now());
  }

  received(sizeBytes: number): void {
    this.#downBytes.add(sizeBytes, this.#now());
  }

  dropped(frameId: number, cause: DropCause): void {
    this.#fates.wasDropped(frameId, cause);
  }

  presented(
    frameId: number,
    { volunteerId, isSharpened }: Pick<Presented, 'volunteerId' | 'isSharpened'>,
    stages: StageTimes,
  ): void {
    const nowMs = this.#now();
    this.#fates.wasShown(frameId);
    if (!isSharpened) this.#framesUnsharpened++;
    else if (volunteerId === null) this.#framesLocal++;
    this.#presented.add({ volunteerId, isSharpened, stages, totalMs: totalMs(stages) }, nowMs);
  }

  report(state: Pick<StreamStats, 'codec' | 'running' | 'why'>): StreamStats {
    const nowMs = this.#now();
    const presented = this.#presented.entries(nowMs);
    // A stream younger than the window is not slower for it.
    const spanMs = Math.min(STREAM.statsWindowMs, Math.max(1, nowMs - (this.#firstCapturedMs ?? nowMs)));
    const kbps = (bytes: SlidingWindow<number>) => (8 * bytes.entries(nowMs).reduce((sum, n) => sum + n, 0)) / spanMs;
    return {
      framesCaptured: this.#fates.captured,
      framesSent: this.#framesSent,
      framesPresented: this.#fates.shown,
      framesLocal: this.#framesLocal,
      framesUnsharpened: this.#framesUnsharpened,
      framesDropped: this.#fates.dropped,
      fps: presented.length > 1 ? (1000 * presented.length) / spanMs : 0,
      // A frame that nobody worked on is fast, and says nothing of those that will be.
      ...summarize(presented.filter(({ isSharpened }) => isSharpened)),
      uplinkKbps: kbps(this.#upBytes),
      downlinkKbps: kbps(this.#downBytes),
      shares: sharesOf(presented),
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

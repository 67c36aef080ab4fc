import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { UpscaledFrame } from '../frame.ts';
import { RecentMedian } from '../rolling-statistics.ts';
import { MAX_FRAMES_IN_FLIGHT } from '../transport/in-flight-window.ts';

/** `auto` measures the side that is not running this often, ms... */
export const PROBE_INTERVAL_MS = 5_000;
/** ...with this many frames: enough for a median, and 2 % of the frames at 60 fps. */
export const PROBE_FRAMES = 5;
/** Largest share of its time that a side spends on probes while the other one runs. */
const MAX_PROBE_DUTY = 0.05;

/** What a side would do to the picture: measured, or predicted until it was measured. */
export interface Forecast {
  /** From a source frame to its upscaled picture, ms. */
  delayMs: number;
  /** Between two upscaled frames, ms. */
  intervalMs: number;
  /** The quality it reaches at this frame rate; null while unknown. */
  quality: Quality | null;
}

/** Age that a picture on the screen reaches before the next one replaces it, ms. A long delay and a low rate both raise it. */
export function oldestPictureMs({ delayMs, intervalMs }: Forecast): number {
  return delayMs + intervalMs;
}

/** Forecast of a side that processes one frame at a time and is never faster than the source. */
export function localForecast(delayMs: number, fps: number, quality: Quality | null): Forecast {
  return { delayMs, intervalMs: Math.max(1000 / fps, delayMs), quality };
}

/**
 * Forecast of volunteers that share the frames. Each has several frames in flight and is no faster than its slowest stage.
 *
 * @param routes - at least one.
 */
export function poolForecast(
  delayMs: number,
  routes: readonly { delayMs: number; serviceMs: number }[],
  fps: number,
  quality: Quality | null,
): Forecast {
  const framesPerMs = routes.reduce(
    (sum, route) => sum + 1 / Math.max(route.serviceMs, route.delayMs / MAX_FRAMES_IN_FLIGHT),
    0,
  );
  return { delayMs, intervalMs: Math.max(1000 / fps, 1 / framesPerMs), quality };
}

/**
 * When `auto` measures a side that is not running, since a side that is never measured can never be chosen: a few frames every few
 * seconds, and less often the slower that side is.
 */
export class ProbeSchedule {
  #nextMs = Number.NEGATIVE_INFINITY;
  #framesLeft = 0;

  /**
   * Whether this frame should also go to the other side.
   *
   * @param otherDelayMs - how long a frame takes there; null when unknown.
   */
  wants(nowMs: number, otherDelayMs: number | null): boolean {
    if (nowMs >= this.#nextMs) {
      this.#framesLeft = PROBE_FRAMES;
      const costMs = PROBE_FRAMES * (otherDelayMs ?? 0);
      this.#nextMs = nowMs + Math.max(PROBE_INTERVAL_MS, costMs / MAX_PROBE_DUTY);
    }
    if (this.#framesLeft === 0) return false;
    this.#framesLeft--;
    return true;
  }

  /** Starts a probe with the next frame, because a side is new or has changed. */
  restart(): void {
    this.#nextMs = Number.NEGATIVE_INFINITY;
  }
}

/** Measures how long this machine takes to upscale a frame, and schedules when to measure it again. */
export class LocalMeter {
  readonly #computeMs = new RecentMedian();
  readonly #probes = new ProbeSchedule();
  #quality: Quality | null = null;

  /** Null before the first upscaled frame. */
  get computeMs(): number | null {
    return this.#computeMs.value;
  }

  /** Learns from a frame, if this machine upscaled it. */
  measured({ outcome, volunteerId, stagesAt }: UpscaledFrame, nowMs: number): void {
    if (outcome === null || volunteerId !== null) return;
    // Times of another quality say nothing about this one.
    if (outcome.quality !== this.#quality) this.#computeMs.clear();
    this.#quality = outcome.quality;
    this.#computeMs.add(stagesAt(nowMs).compute);
  }

  restartProbes(): void {
    this.#probes.restart();
  }

  wantsProbe(nowMs: number): boolean {
    return this.#probes.wants(nowMs, this.computeMs);
  }

  /** Null before the first upscaled frame. */
  forecast(fps: number): Forecast | null {
    return this.computeMs === null ? null : localForecast(this.computeMs, fps, this.#quality);
  }
}

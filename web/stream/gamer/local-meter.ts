import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { SharpFrame } from '../frame.ts';
import { RecentMedian } from '../rolling-statistics.ts';
import { ProbeSchedule } from './probe-schedule.ts';
import { type Forecast, localForecast } from './side-choice.ts';

/** How long this machine takes for a frame, from those it sharpened, and when to find out again. */
export class LocalMeter {
  readonly #computeMs = new RecentMedian();
  readonly #trials = new ProbeSchedule();
  #quality: Quality | null = null;

  /** Null before the first frame. */
  get computeMs(): number | null {
    return this.#computeMs.value;
  }

  measured({ made, volunteerId, stagesAt }: SharpFrame, nowMs: number): void {
    if (made === null || volunteerId !== null) return;
    // What another quality took says nothing of this one.
    if (made.quality !== this.#quality) this.#computeMs.clear();
    this.#quality = made.quality;
    this.#computeMs.add(stagesAt(nowMs).compute);
  }

  restartProbes(): void {
    this.#trials.restart();
  }

  wantsProbe(nowMs: number): boolean {
    return this.#trials.wants(nowMs, this.computeMs);
  }

  forecast(fps: number): Forecast | null {
    return this.computeMs === null ? null : localForecast(this.computeMs, fps, this.#quality);
  }
}

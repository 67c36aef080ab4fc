import type { SharpFrame } from './frames.ts';
import { RecentMedian } from './recent-median.ts';
import { type Forecast, localForecast } from './side-choice.ts';
import { Trials } from './trials.ts';

/** How long this machine takes for a frame, from those it sharpened, and when to find out again. */
export class LocalMeter {
  readonly #computeMs = new RecentMedian();
  readonly #trials = new Trials();

  /** Null before the first frame. */
  get computeMs(): number | null {
    return this.#computeMs.value;
  }

  measured(sharp: SharpFrame, nowMs: number): void {
    if (sharp.isSharpened && sharp.volunteerId === null) this.#computeMs.add(sharp.stagesAt(nowMs).compute);
  }

  restartTrials(): void {
    this.#trials.restart();
  }

  wantsTrial(nowMs: number): boolean {
    return this.#trials.wants(nowMs, this.computeMs);
  }

  forecast(fps: number): Forecast | null {
    return this.computeMs === null ? null : localForecast(this.computeMs, fps);
  }
}

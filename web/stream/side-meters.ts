import { STREAM } from '../../shared/tuning.ts';
import type { SharpFrame } from './frames.ts';
import { type Forecast, localForecast, RecentMedian, volunteerForecast } from './side-choice.ts';
import { totalMs } from './stage-clock.ts';
import type { Side } from './stream-statistics.ts';
import { Trials } from './trials.ts';

/** How long each side really takes, from the frames that came back. */
export class SideMeters {
  readonly #localMs = new RecentMedian();
  readonly #volunteerMs = new RecentMedian();
  readonly #volunteerComputeMs = new RecentMedian();
  readonly #trials = new Trials();
  #predictedVolunteerMs = 0;

  /** Glass to glass, ms; null before the first frame. */
  get volunteerDelayMs(): number | null {
    return this.#volunteerMs.value;
  }

  measured(sharp: SharpFrame, nowMs: number): void {
    if (!sharp.isSharpened) return;
    const stages = sharp.stagesAt(nowMs);
    if (sharp.volunteerId === null) this.#localMs.add(stages.compute);
    else {
      this.#volunteerMs.add(totalMs(stages));
      this.#volunteerComputeMs.add(stages.compute);
    }
  }

  /** A frame for the volunteer never came back: without this a promise that is never kept would count for ever. */
  timedOut(): void {
    this.#volunteerMs.add(STREAM.frameTimeoutMs);
  }

  newVolunteer(predictedMs: number): void {
    this.#predictedVolunteerMs = predictedMs;
    this.#volunteerMs.clear();
    this.#volunteerComputeMs.clear();
    this.restartTrials();
  }

  restartTrials(): void {
    this.#trials.restart();
  }

  wantsTrial(running: Side, nowMs: number): boolean {
    return this.#trials.wants(nowMs, running === 'local' ? this.#volunteerMs.value : this.#localMs.value);
  }

  localForecast(fps: number): Forecast | null {
    const delayMs = this.#localMs.value;
    return delayMs === null ? null : localForecast(delayMs, fps);
  }

  volunteerForecast(fps: number): Forecast {
    const delayMs = this.#volunteerMs.value ?? this.#predictedVolunteerMs;
    return volunteerForecast(delayMs, this.#volunteerComputeMs.value ?? 0, fps);
  }
}

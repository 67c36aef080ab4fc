import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { logger } from '../../shared/log.ts';
import type { Checkpoint } from './filter-benchmark.ts';
import type { MeasuredSpeeds } from './measured-speeds.ts';
import { nextMacrotask } from './schedule.ts';

const log = logger('compute.refresh');

/** Time, ms, without work before remembered speeds are measured again: longer than the pauses within a game or between two batches of tasks. */
export const REFRESH_AFTER_IDLE_MS = 10_000;

export interface SpeedRefreshOptions {
  clock: Clock;
  /** Whether other work than that reported to {@link SpeedRefresh.workStarted} uses the machine, or it must not compute now. */
  isMachineBusy(): boolean;
  /** Times this machine and calls `checkpoint` between the runs. Rejects when that does, or when this machine cannot be measured. */
  measure(checkpoint: Checkpoint): Promise<MeasuredSpeeds>;
  onMeasured(speeds: MeasuredSpeeds): void;
}

/**
 * Measures remembered speeds again, once, when the machine has had nothing to do for {@link REFRESH_AFTER_IDLE_MS}. Work that arrives
 * meanwhile stops the measurement at its next checkpoint: beside work it would slow that down and give wrong speeds. It is then tried
 * again at the next idle time.
 */
export class SpeedRefresh {
  readonly #options: SpeedRefreshOptions;
  #working = 0;
  #measuring: { isInterrupted: boolean } | null = null;
  #isOver = false;
  #cancelTimer = () => {};

  constructor(options: SpeedRefreshOptions) {
    this.#options = options;
    this.#wait();
  }

  /** Returns what ends the work. */
  workStarted(): () => void {
    this.#working++;
    this.#interrupt();
    let isEnded = false;
    return () => {
      if (isEnded) return;
      isEnded = true;
      this.#working--;
      this.#wait();
    };
  }

  dispose(): void {
    this.#isOver = true;
    this.#interrupt();
  }

  #interrupt(): void {
    this.#cancelTimer();
    if (this.#measuring) this.#measuring.isInterrupted = true;
  }

  #wait(): void {
    this.#cancelTimer();
    if (this.#isOver || this.#working > 0 || this.#measuring) return;
    this.#cancelTimer = this.#options.clock.after(REFRESH_AFTER_IDLE_MS, () => {
      if (this.#options.isMachineBusy()) this.#wait();
      else void this.#measure();
    });
  }

  async #measure(): Promise<void> {
    const measuring = { isInterrupted: false };
    this.#measuring = measuring;
    try {
      const speeds = await this.#options.measure(async () => {
        await nextMacrotask();
        measuring.isInterrupted ||= this.#options.isMachineBusy();
        if (measuring.isInterrupted) throw MeshError.cancelled();
      });
      if (measuring.isInterrupted) return;
      this.#isOver = true;
      log.info('measured again', { cpuUnitsPerMs: speeds.cpuUnitsPerMs, gpuUnitsPerMs: speeds.gpu?.filterUnitsPerMs });
      this.#options.onMeasured(speeds);
    } catch (cause) {
      if (measuring.isInterrupted) return;
      // A machine that cannot be measured now is measured at a later start: this is not worth a second try.
      this.#isOver = true;
      log.warn('not measured again', { reason: MeshError.from(cause).reason });
    } finally {
      this.#measuring = null;
      this.#wait();
    }
  }
}

import type { Clock } from '../../../shared/clock.ts';
import { DeadlineWatch } from '../../net/deadline-watch.ts';
import { RttEstimator } from '../../net/failure-detector.ts';
import { STREAM } from '../tuning.ts';

export interface LivenessMonitorOptions {
  clock: Clock;
  onChanged(silent: boolean): void;
  /** It has been silent for too long. */
  onGivenUp(): void;
}

/** Notices that a volunteer has not told in time of a frame's arrival: it is silent then, until the next word of it. */
export class LivenessMonitor {
  readonly #options: LivenessMonitorOptions;
  readonly #roundTrip = new RttEstimator();
  readonly #unheard: DeadlineWatch<number>;
  #silent = false;
  #cancelPatience = () => {};

  constructor(options: LivenessMonitorOptions) {
    this.#options = options;
    this.#unheard = new DeadlineWatch(options.clock, () => this.#set(true));
  }

  get silent(): boolean {
    return this.#silent;
  }

  /** @param carryMs - what the link takes for it and for what is queued before it. */
  sent(frameId: number, carryMs: number): void {
    this.#unheard.watch(frameId, STREAM.suspectAfterMs + this.#roundTrip.longestMs + carryMs);
  }

  /** Its arrival was told; `roundTripMs` is null when it is not known when it was sent. */
  arrived(frameId: number, roundTripMs: number | null): void {
    this.#unheard.forget(frameId);
    if (roundTripMs !== null) this.#roundTrip.add(roundTripMs);
  }

  /** Whatever it says, it is there. */
  heard(): void {
    this.#set(false);
  }

  dispose(): void {
    this.#unheard.dispose();
    this.#cancelPatience();
  }

  #set(silent: boolean): void {
    if (silent === this.#silent) return;
    this.#silent = silent;
    this.#cancelPatience();
    const { clock, onChanged, onGivenUp } = this.#options;
    if (silent) this.#cancelPatience = clock.after(STREAM.silentForMs, onGivenUp);
    onChanged(silent);
  }
}

import type { Clock } from '../../../shared/clock.ts';
import { DeadlineWatch } from '../../net/deadline-watch.ts';
import { RttEstimator } from '../../net/failure-detector.ts';

/** Grace after an acknowledgement was due, ms. After it the volunteer counts as silent and others get the frames. */
const GRACE_MS = 15;
/** A volunteer that stays silent for this long is given up, ms. Its stream may be set up again. */
export const GIVE_UP_AFTER_MS = 5_000;

export interface LivenessMonitorOptions {
  clock: Clock;
  onChanged(isSilent: boolean): void;
  /** The volunteer has been silent for {@link GIVE_UP_AFTER_MS}. */
  onGivenUp(): void;
}

/** Detects a volunteer that does not acknowledge a frame in time. It counts as silent until its next message. */
export class LivenessMonitor {
  readonly #options: LivenessMonitorOptions;
  readonly #roundTrip = new RttEstimator();
  readonly #unacknowledged: DeadlineWatch<number>;
  #isSilent = false;
  #cancelGiveUp = () => {};

  constructor(options: LivenessMonitorOptions) {
    this.#options = options;
    this.#unacknowledged = new DeadlineWatch(options.clock, () => this.#set(true));
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** @param transmitMs - time the link needs for the frame and the data queued before it. */
  sent(frameId: number, transmitMs: number): void {
    this.#unacknowledged.watch(frameId, GRACE_MS + this.#roundTrip.longestMs + transmitMs);
  }

  /** The volunteer has received a frame. `roundTripMs` is null if the time of sending is not known. */
  acknowledged(frameId: number, roundTripMs: number | null): void {
    this.#unacknowledged.forget(frameId);
    if (roundTripMs !== null) this.#roundTrip.add(roundTripMs);
  }

  /** A message of any kind arrived from the volunteer. */
  heard(): void {
    this.#set(false);
  }

  dispose(): void {
    this.#unacknowledged.dispose();
    this.#cancelGiveUp();
  }

  #set(isSilent: boolean): void {
    if (isSilent === this.#isSilent) return;
    this.#isSilent = isSilent;
    this.#cancelGiveUp();
    const { clock, onChanged, onGivenUp } = this.#options;
    if (isSilent) this.#cancelGiveUp = clock.after(GIVE_UP_AFTER_MS, onGivenUp);
    onChanged(isSilent);
  }
}

import { GAME_WORK } from '../tuning.ts';
import { Autopilot } from './autopilot.ts';
import type { Controls, Craft } from './craft.ts';
import { observeForSteering, type Steered, toSteering } from './steering-observation.ts';
import type { Track } from './track.ts';

/**
 * Who drives the rivals: the steering policy while fresh answers of it come, each one's own autopilot at all other times. What happens
 * depends on the answers and when they came, in the race's own time, and on nothing else.
 */
export class RivalPilots {
  readonly #track: Track;
  readonly #steered: readonly Steered[];
  readonly #autopilots: readonly Autopilot[];
  #answer: { controls: Float32Array; seenAtS: number } | null = null;

  constructor(track: Track, steered: readonly Steered[]) {
    this.#track = track;
    this.#steered = steered;
    this.#autopilots = steered.map(({ laneM }) => new Autopilot(track, null, laneM));
  }

  /** What the policy is told. @param all - every craft on the road. */
  observe(all: readonly Craft[]): Float32Array<ArrayBuffer> {
    return observeForSteering(this.#steered, all, this.#track);
  }

  /** @param seenAtS - the race's time when the policy was told what this answers. Nonsense is not followed. */
  follow(controls: Float32Array, seenAtS: number): void {
    const isWhole = controls.length === 2 * this.#steered.length && controls.every(Number.isFinite);
    if (isWhole) this.#answer = { controls, seenAtS };
  }

  /** Rivals do not boost. */
  drive(row: number, craft: Craft, timeS: number): Controls | null {
    const answer = this.#answer;
    if (answer && timeS - answer.seenAtS <= GAME_WORK.steerHoldS) {
      return { ...toSteering(answer.controls, row), go: true, boost: false };
    }
    const own = this.#autopilots[row]?.drive(craft);
    return own ? { ...own, boost: false } : null;
  }
}

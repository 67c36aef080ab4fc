import { setNewest } from '../../../shared/bounded-map.ts';
import { BenefitWindow } from './detail-benefit.ts';

/** Volunteers that are remembered: more than a room has. Those that were used longest ago are forgotten. */
const MAX_VOLUNTEERS = 256;
/** Newest frames whose plausibility counts: two seconds at 30 fps. */
export const WATCHED_FRAMES = 60;
/** Verdicts in a row that a volunteer's detail is of no use, after which it gets no more frames. */
const MAX_USELESS_VERDICTS = 10;

/** What is known of one volunteer's detail, whatever routes it came by: a new codec or another stream is no clean slate. */
export class DetailHistory {
  readonly record = new BenefitWindow();
  #uselessVerdicts = 0;
  /** Whether each of the last frames was implausible, oldest first. */
  #implausible: boolean[] = [];

  /** Whether its detail was found to improve the picture, or was not judged yet. */
  get isUseful(): boolean {
    return this.#uselessVerdicts === 0;
  }

  /** How many of the last {@link WATCHED_FRAMES} were implausible. */
  get implausibleFrames(): number {
    return this.#implausible.filter(Boolean).length;
  }

  /** Whether the detail of a frame was plausible. */
  recordPlausibility(isPlausible: boolean): void {
    this.#implausible.push(!isPlausible);
    if (this.#implausible.length > WATCHED_FRAMES) this.#implausible.shift();
  }

  /** Its detail was compared with ours. @returns whether that was found useless once too often */
  recordVerdict(isUseless: boolean): boolean {
    this.#uselessVerdicts = isUseless ? this.#uselessVerdicts + 1 : 0;
    return this.#uselessVerdicts >= MAX_USELESS_VERDICTS;
  }

  /** It gets no frames for a while. Half of what was held against it is forgotten: it may have recovered, and one that has not is found out sooner. */
  paused(): void {
    this.#uselessVerdicts = Math.floor(this.#uselessVerdicts / 2);
    this.#implausible = this.#implausible.slice(Math.ceil(this.#implausible.length / 2));
  }
}

/** The histories of one gamer's volunteers, by their ids. */
export class DetailHistories {
  readonly #histories = new Map<string, DetailHistory>();

  of(volunteerId: string): DetailHistory {
    const history = this.#histories.get(volunteerId) ?? new DetailHistory();
    setNewest(this.#histories, volunteerId, history, MAX_VOLUNTEERS);
    return history;
  }
}

import { setNewest } from '../../../shared/bounded-map.ts';
import { percentile } from '../rolling-statistics.ts';
import { MAX_PATIENCE } from '../settings.ts';

/** Frames to judge by: two seconds at 30 fps. */
const WINDOW_FRAMES = 60;
/** Frames after which the first judgement is made, and time between two, ms: a change of delay is seen, so it must be rare. */
const MIN_FRAMES = 12;
const JUDGE_INTERVAL_MS = 1_000;
/** Share of the frames whose detail must come in time for a patience to be enough. */
const ENOUGH_SHARE = 0.9;
/** Share of the frames whose detail must come in time with the largest patience: for less the picture is not delayed. */
const MIN_WORTHWHILE_SHARE = 0.5;
/** Share of its interval within which detail of a frame that was shown at once is still worth showing. */
const USEFUL_INTERVAL_SHARE = 0.5;

/**
 * Chooses by how many frames the picture is delayed to wait for detail: as few as bring most of it. Where hardly any detail comes in time
 * it waits for none.
 */
export class Patience {
  readonly #now: () => number;
  /** Delay of each frame's detail, ms: infinite until it comes, null if it never will. Oldest first, by frame id. */
  readonly #delaysMs = new Map<number, number | null>();
  #chosen: number | null;
  #automatic = MAX_PATIENCE;
  #inTimeShare: number | null = null;
  #judgedMs = Number.NEGATIVE_INFINITY;

  /** @param chosen - by the user; null: by what arrives. */
  constructor(chosen: number | null, now: () => number) {
    this.#chosen = chosen;
    this.#now = now;
  }

  set chosen(frames: number | null) {
    this.#chosen = frames;
  }

  /**
   * Share of the recent frames whose detail came while it could be shown, 0..1; null until enough frames are known. Those that were not sent count
   * too, and those that the volunteer dropped.
   */
  get inTimeShare(): number | null {
    return this.#inTimeShare;
  }

  /** Frames to wait for detail, 0..{@link MAX_PATIENCE}. */
  get frames(): number {
    return this.#chosen ?? this.#automatic;
  }

  /** A frame is to get detail. */
  sent(frameId: number): void {
    setNewest(this.#delaysMs, frameId, Number.POSITIVE_INFINITY, WINDOW_FRAMES);
  }

  /** Its detail came. */
  arrived(frameId: number, delayMs: number): void {
    if (this.#delaysMs.has(frameId)) this.#delaysMs.set(frameId, delayMs);
  }

  /** Its detail will not come: waiting longer would not help it. */
  dropped(frameId: number): void {
    if (this.#delaysMs.has(frameId)) this.#delaysMs.set(frameId, null);
  }

  /** To be called with each frame of the source. */
  judge(intervalMs: number): void {
    if (this.#delaysMs.size < MIN_FRAMES || this.#now() < this.#judgedMs + JUDGE_INTERVAL_MS) return;
    this.#judgedMs = this.#now();
    // The newest frames could not be answered yet.
    const settled = [...this.#delaysMs.values()].slice(0, -(MAX_PATIENCE + 1));
    const delaysMs = settled.filter((delayMs) => delayMs !== null).sort((a, b) => a - b);
    const limitMs = (frames: number) => Math.max(frames, USEFUL_INTERVAL_SHARE) * intervalMs;
    const shareWithin = (frames: number) =>
      delaysMs.filter((delayMs) => delayMs <= limitMs(frames)).length / settled.length;
    this.#inTimeShare = shareWithin(this.#chosen ?? MAX_PATIENCE);
    const choices = Array.from({ length: MAX_PATIENCE + 1 }, (_, frames) => frames);
    const enough = choices.find((frames) => percentile(delaysMs, ENOUGH_SHARE) <= limitMs(frames)) ?? MAX_PATIENCE;
    this.#automatic = shareWithin(MAX_PATIENCE) < MIN_WORTHWHILE_SHARE ? 0 : enough;
  }

  /** Forgets what was measured: the volunteers or the size have changed. */
  restart(): void {
    this.#delaysMs.clear();
    this.#automatic = MAX_PATIENCE;
    this.#inTimeShare = null;
    this.#judgedMs = Number.NEGATIVE_INFINITY;
  }
}

import type { Clock } from '../../../shared/clock.ts';

/** A source that gave no frame for this long stands still, ms; never sooner than after some of its usual intervals. */
const STILL_AFTER_MS = 100;
const STILL_AFTER_INTERVALS = 2.5;
/** Between two repeats of a still frame, ms: each is coded finer, and a person does not see the steps. */
const REPEAT_MS = 100;
/** Answers in a row that change a still picture's detail by less than {@link MIN_CHANGE_CODES} after which nothing more is gained. */
const UNCHANGED_ANSWERS = 4;
/** Smallest mean change of the codes that is worth the bits. */
const MIN_CHANGE_CODES = 0.1;
/** Repeats after which it is left alone in any case: a network or codec may never settle. */
const MAX_REPEATS = 50;
/** How long the last picture of a source that ended may be refined, ms: its volunteers wait for others' frames. */
export const MAX_REFINE_LAST_MS = 5_000;
/** Distance of the codes that are compared: a sample is enough, and 1080p has two million. */
const SAMPLE_STEP = 13;

export interface StillPictureOptions {
  clock: Clock;
  /** Usual time between two frames of the source, ms. */
  intervalMs(): number;
  /** Whether the newest frame is missing on the screen, or waits for something that frames bring about: a model, an engine. */
  isIncomplete(): boolean;
  /** Whether a volunteer would send finer detail of the newest frame. */
  canRefine(): boolean;
  /** Sends the newest frame through the stream again. */
  repeat(): void;
}

/** Sends the last frame of a source that stands still again: until it is on the screen, and until finer detail gains nothing more. */
export class StillPicture {
  readonly #options: StillPictureOptions;
  #cancelTimer = () => {};
  #repeats = 0;
  #unchanged = 0;
  #sample: Uint8Array | null = null;
  /** Called once the picture is as fine as it gets. */
  #onRefined: (() => void) | null = null;
  #cancelLimit = () => {};
  #isDisposed = false;

  constructor(options: StillPictureOptions) {
    this.#options = options;
  }

  /** The stream got a frame. */
  onFrame(isRepeat: boolean): void {
    if (isRepeat) this.#repeats++;
    else this.restart();
    this.#arm(isRepeat ? REPEAT_MS : Math.max(STILL_AFTER_MS, STILL_AFTER_INTERVALS * this.#options.intervalMs()));
  }

  /** Detail of a frame came. */
  onDetail(codes: Uint8Array): void {
    const sample = sampleOf(codes);
    this.#unchanged = this.#sample && meanChange(this.#sample, sample) < MIN_CHANGE_CODES ? this.#unchanged + 1 : 0;
    this.#sample = sample;
  }

  /** More may be gained again: the source moved, or volunteers or settings changed. */
  restart(): void {
    this.#repeats = 0;
    this.#unchanged = 0;
  }

  /** The source ended. Calls back once its last picture is as fine as it gets, or after {@link MAX_REFINE_LAST_MS}. */
  refineLast(onRefined: () => void): void {
    this.#onRefined = onRefined;
    this.#cancelLimit = this.#options.clock.after(MAX_REFINE_LAST_MS, () => this.#finish());
    if (!this.#canGain()) this.#finish();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#onRefined = null;
    this.#cancelTimer();
    this.#cancelLimit();
  }

  #arm(waitMs: number): void {
    this.#cancelTimer();
    if (!this.#isDisposed) this.#cancelTimer = this.#options.clock.after(waitMs, () => this.#check());
  }

  #check(): void {
    this.#arm(REPEAT_MS);
    if (this.#canGain()) this.#options.repeat();
    else this.#finish();
  }

  /** Whether the picture would be better for being sent again. */
  #canGain(): boolean {
    const { isIncomplete, canRefine } = this.#options;
    const isFinished = this.#repeats >= MAX_REPEATS || this.#unchanged >= UNCHANGED_ANSWERS;
    return isIncomplete() || (!isFinished && canRefine());
  }

  #finish(): void {
    const onRefined = this.#onRefined;
    this.#onRefined = null;
    this.#cancelLimit();
    onRefined?.();
  }
}

/** Of every frame with detail, so it must not touch each code. */
function sampleOf(codes: Uint8Array): Uint8Array {
  const sample = new Uint8Array(Math.ceil(codes.length / SAMPLE_STEP));
  for (let from = 0, to = 0; from < codes.length; from += SAMPLE_STEP) sample[to++] = codes[from] ?? 0;
  return sample;
}

function meanChange(before: Uint8Array, after: Uint8Array): number {
  if (before.length !== after.length) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < after.length; i++) sum += Math.abs((after[i] ?? 0) - (before[i] ?? 0));
  return sum / Math.max(1, after.length);
}

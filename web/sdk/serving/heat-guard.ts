/** Window, ms, whose median time counts: some hundred frames, among which single slow ones do not matter. */
const WINDOW_MS = 10_000;
/** Fewer frames of one kind in a window say nothing. */
const MIN_FRAMES = 20;
/** The newest times of a window that are kept. */
const MAX_FRAMES = 600;
/**
 * Part of the lent time that a window must have been busy to count. With less work a processor lowers its clock to save power, and is slower without
 * being hot.
 */
const MIN_LOAD = 0.6;
/**
 * A stream that becomes too slow goes on with a lesser quality after 8 to 15 frames (see QualityGovernor): the median of so many newest times of the one
 * that was given up says whether that was the reason.
 */
const LAST_FRAMES = 15;
/** A kind of which nothing came for so long, ms, was given up: even a still source gives more. */
const GIVEN_UP_AFTER_MS = 1_000;
/** Kinds of work that are remembered. */
const MAX_KINDS = 32;

/** Frames that take this much longer than the best of their kind: a chip that is too hot lowers its clock by a third or more. */
const SLOWDOWN = 1.4;
/** In so many windows in a row: a game that starts on the same machine takes a few seconds. */
const SLOW_WINDOWS = 3;
/**
 * Times that it computed less without getting faster, not even for a window, after which it is not heat: whatever made the machine slower, such as
 * another mode of its power supply, lasts. A chip that was too hot is fast again at first.
 */
const VAIN_COOLINGS = 3;

/** What is left of the lent time while the machine is hot, and when it was hot again soon. A quarter is little more than idle to a phone. */
const SHARES = [0.5, 0.25] as const;
/** How long it computes less, ms. Each time twice as long as the one before, when it was hot again soon after. */
const FIRST_COOLING_MS = 120_000;
const MAX_COOLING_MS = 16 * 60_000;

/** What a browser says of the processor's load and heat (Compute Pressure API). */
export type CpuPressure = 'nominal' | 'fair' | 'serious' | 'critical';

export interface HeatGuardOptions {
  now(): number;
  /** {@link HeatGuard.share} changed. */
  onChange(): void;
}

/** The frames of one kind. */
interface KindTimes {
  /** Lowest median of a window, ms; null before the first one that counts. */
  bestMs: number | null;
  /** In this window. */
  tookMs: number[];
  /** The newest ones, also of earlier windows. */
  lastMs: number[];
  lastAtMs: number;
}

/**
 * Computes less while the machine is hot. No browser tells its temperature, but a chip that is too hot lowers its clock: the same frames take longer,
 * though as much is done as before. Others who use the machine have the same effect, and to them less work is as welcome. Where the browser says
 * that the processor is under no pressure, and that is what computes, it is neither.
 */
export class HeatGuard {
  readonly #options: HeatGuardOptions;
  /** Several streams alternate. Least recently used first. */
  readonly #kinds = new Map<string, KindTimes>();
  #isOn = false;
  #loads: number[] = [];
  #windowFromMs = 0;
  #slowWindows = 0;
  /** Times in a row that it was hot soon after it had cooled. */
  #relapses = 0;
  /** Of these, without a window as fast as before. */
  #vainCoolings = 0;
  /** Null: it does not cool now. */
  #coolingUntilMs: number | null = null;
  #cooledAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HeatGuardOptions) {
    this.#options = options;
  }

  /** What is left of the lent time, above 0 and up to 1. */
  get share(): number {
    if (this.#coolingUntilMs === null) return 1;
    return SHARES[Math.min(this.#relapses, SHARES.length - 1)] ?? 1;
  }

  set isOn(isOn: boolean) {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    this.#restart();
    if (!isOn) this.#cooled();
  }

  /** Another part of the time is lent: the same frames take another time from now on, however cool the machine is. */
  lentShareChanged(): void {
    this.#kinds.clear();
    this.#restart();
  }

  /**
   * Tells of a frame.
   * @param kind - the same for frames that take the same time on a cool machine
   */
  frame(kind: string, tookMs: number): void {
    if (!this.#isOn || this.#coolingUntilMs !== null) return;
    const times = this.#timesOf(kind);
    for (const [newest, max] of [
      [times.tookMs, MAX_FRAMES],
      [times.lastMs, LAST_FRAMES],
    ] as const) {
      newest.push(tookMs);
      if (newest.length > max) newest.shift();
    }
    times.lastAtMs = this.#options.now();
  }

  /**
   * Call it a few times a second.
   * @param load - the busy part of the lent time, 0..1
   * @param pressure - of what computes; null where the browser does not tell
   */
  check(load: number, pressure: CpuPressure | null): void {
    if (!this.#isOn) return;
    const nowMs = this.#options.now();
    if (this.#coolingUntilMs !== null) {
      if (nowMs >= this.#coolingUntilMs) this.#cooled();
      return;
    }
    this.#loads.push(load);
    if (nowMs - this.#windowFromMs < WINDOW_MS) return;
    const isSlow = this.#isSlow(nowMs) && pressure !== 'nominal' && pressure !== 'fair';
    this.#slowWindows = isSlow ? this.#slowWindows + 1 : 0;
    this.#nextWindow();
    if (this.#slowWindows >= SLOW_WINDOWS) this.#hot(nowMs);
  }

  #timesOf(kind: string): KindTimes {
    const times = this.#kinds.get(kind) ?? { bestMs: null, tookMs: [], lastMs: [], lastAtMs: 0 };
    this.#kinds.delete(kind);
    this.#kinds.set(kind, times);
    for (const [oldest] of this.#kinds) {
      if (this.#kinds.size <= MAX_KINDS) break;
      this.#kinds.delete(oldest);
    }
    return times;
  }

  /** Whether the window that ends was slow for any kind of work; its times may be the best of their kinds. */
  #isSlow(nowMs: number): boolean {
    const load = this.#loads.reduce((sum, part) => sum + part, 0) / this.#loads.length;
    if (load < MIN_LOAD) return false;
    const givenUpMs = nowMs - GIVEN_UP_AFTER_MS;
    const kinds = [...this.#kinds.values()];
    const judged = kinds.filter(({ tookMs }) => tookMs.length >= MIN_FRAMES);
    const isSlow =
      kinds.some(({ lastMs, lastAtMs, bestMs }) => {
        const isGivenUp = lastAtMs <= givenUpMs && lastAtMs > givenUpMs - WINDOW_MS;
        return isGivenUp && isSlower(lastMs, bestMs);
      }) || judged.some(({ tookMs, bestMs }) => isSlower(tookMs, bestMs));
    const isSuspected = isSlow || this.#slowWindows > 0;
    // What begins while the machine may be hot shows no best time, and does not say that it is cool.
    const known = judged.filter(({ bestMs }) => bestMs !== null || !isSuspected);
    for (const times of known) {
      times.bestMs = Math.min(times.bestMs ?? Number.POSITIVE_INFINITY, medianOf(times.tookMs));
    }
    if (known.length === 0) return isSuspected;
    if (!isSlow) this.#vainCoolings = 0;
    return isSlow;
  }

  #hot(nowMs: number): void {
    const isRelapse = nowMs - this.#cooledAtMs < FIRST_COOLING_MS;
    this.#relapses = isRelapse ? this.#relapses + 1 : 0;
    if (isRelapse && this.#vainCoolings >= VAIN_COOLINGS) {
      this.#kinds.clear();
      this.#restart();
      return;
    }
    this.#vainCoolings++;
    this.#coolingUntilMs = nowMs + Math.min(FIRST_COOLING_MS * 2 ** this.#relapses, MAX_COOLING_MS);
    this.#options.onChange();
  }

  #cooled(): void {
    if (this.#coolingUntilMs === null) return;
    this.#coolingUntilMs = null;
    this.#cooledAtMs = this.#options.now();
    this.#restart();
    this.#options.onChange();
  }

  #restart(): void {
    this.#slowWindows = 0;
    for (const times of this.#kinds.values()) times.lastMs = [];
    this.#nextWindow();
  }

  #nextWindow(): void {
    this.#windowFromMs = this.#options.now();
    this.#loads = [];
    for (const times of this.#kinds.values()) times.tookMs = [];
  }
}

function medianOf(timesMs: readonly number[]): number {
  return [...timesMs].sort((one, other) => one - other)[timesMs.length >> 1] ?? 0;
}

function isSlower(timesMs: readonly number[], bestMs: number | null): boolean {
  return bestMs !== null && medianOf(timesMs) >= SLOWDOWN * bestMs;
}

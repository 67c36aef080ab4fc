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
/** Kinds of work whose best time is remembered. */
const MAX_KINDS = 32;

/** Frames that take this much longer than the best of their kind: a chip that is too hot lowers its clock by a third or more. */
const SLOWDOWN = 1.4;
/** In so many windows in a row: a game that starts on the same machine takes a few seconds. */
const SLOW_WINDOWS = 3;

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

/**
 * Computes less while the machine is hot. No browser tells its temperature, but a chip that is too hot lowers its clock: the same frames take longer,
 * though as much is done as before. Others who use the machine have the same effect, and to them less work is as welcome. Where the browser says
 * that the processor is under no pressure, it is neither.
 */
export class HeatGuard {
  readonly #options: HeatGuardOptions;
  /** Lowest median of a window by kind of work, ms. Least recently used first. */
  readonly #bestMs = new Map<string, number>();
  #isOn = false;
  #kind: string | null = null;
  #tookMs: number[] = [];
  #loads: number[] = [];
  #windowFromMs = 0;
  #slowWindows = 0;
  /** Times in a row that it was hot soon after it had cooled. */
  #relapses = 0;
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
    this.#restart(null);
    if (!isOn) this.#cooled();
  }

  /**
   * Tells of a frame.
   * @param kind - the same for frames that take the same time on a cool machine
   */
  frame(kind: string, tookMs: number): void {
    if (!this.#isOn) return;
    if (kind !== this.#kind) this.#restart(kind);
    this.#tookMs.push(tookMs);
    if (this.#tookMs.length > MAX_FRAMES) this.#tookMs.shift();
  }

  /**
   * Call it a few times a second.
   * @param load - the busy part of the lent time, 0..1
   * @param pressure - null where the browser does not tell
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
    this.#slowWindows = this.#isSlow() && pressure !== 'nominal' && pressure !== 'fair' ? this.#slowWindows + 1 : 0;
    this.#nextWindow();
    if (this.#slowWindows >= SLOW_WINDOWS) this.#hot(nowMs);
  }

  /** Whether the window that ends was slow; its time may be the best of its kind. */
  #isSlow(): boolean {
    const load = this.#loads.reduce((sum, part) => sum + part, 0) / this.#loads.length;
    const kind = this.#kind;
    if (kind === null || this.#tookMs.length < MIN_FRAMES || load < MIN_LOAD) return false;
    const medianMs = [...this.#tookMs].sort((one, other) => one - other)[this.#tookMs.length >> 1] ?? 0;
    const bestMs = Math.min(this.#bestMs.get(kind) ?? medianMs, medianMs);
    this.#bestMs.delete(kind);
    this.#bestMs.set(kind, bestMs);
    for (const [oldest] of this.#bestMs) {
      if (this.#bestMs.size <= MAX_KINDS) break;
      this.#bestMs.delete(oldest);
    }
    return medianMs >= SLOWDOWN * bestMs;
  }

  #hot(nowMs: number): void {
    this.#relapses = nowMs - this.#cooledAtMs < FIRST_COOLING_MS ? this.#relapses + 1 : 0;
    this.#coolingUntilMs = nowMs + Math.min(FIRST_COOLING_MS * 2 ** this.#relapses, MAX_COOLING_MS);
    this.#options.onChange();
  }

  #cooled(): void {
    if (this.#coolingUntilMs === null) return;
    this.#coolingUntilMs = null;
    this.#cooledAtMs = this.#options.now();
    this.#restart(null);
    this.#options.onChange();
  }

  #restart(kind: string | null): void {
    this.#kind = kind;
    this.#slowWindows = 0;
    this.#nextWindow();
  }

  #nextWindow(): void {
    this.#windowFromMs = this.#options.now();
    this.#tookMs = [];
    this.#loads = [];
  }
}

/** Window over which the share is enforced, ms: the load that people see in a task manager is a mean over about as long. */
export const SHARE_WINDOW_MS = 1_000;

/**
 * Longest idle time, ms, that may be caught up on: a tenth of the window, so that no window exceeds its share by more than a tenth and the
 * piece of work that is running. It is short because frames at an even pace look better than a burst of them and then none.
 */
const BUCKET_MS = SHARE_WINDOW_MS / 10;

/**
 * Longest time, ms, that is charged for without a sign that the machine was awake. Either the work blocked this thread, or the machine was
 * suspended, in which some systems' clocks go on, and would owe the whole night. {@link DutyCycle.wasAwake} tells the two apart.
 */
const MAX_UNSEEN_MS = 10_000;

/**
 * Holds the engine to a share of the time: after work of 10 ms at a share of 0.1 comes a pause of 90 ms. A token bucket (ITU-T I.371) whose
 * tokens are milliseconds of computing. Work may start while there are tokens; it takes what it takes, and the debt is waited for.
 *
 * Several pieces of work at the same time count once, since they share one machine.
 */
export class DutyCycle {
  readonly #now: () => number;
  #share = 1;
  /** Tokens in the bucket: time that may be used at once, ms; below 0 it is owed. */
  #tokensMs = 0;
  #active = 0;
  #settledAtMs: number;
  #busyMs = 0;
  /** The newest time with work that was not charged. */
  #unseen = { fromMs: 0, toMs: 0 };

  constructor(now: () => number) {
    this.#now = now;
    this.#settledAtMs = now();
  }

  /** The part of the time in which there may be work: above 0, up to 1. */
  get share(): number {
    return this.#share;
  }

  set share(share: number) {
    this.#settle();
    this.#share = share;
    // What was owed at another share would be waited for at this one.
    this.#tokensMs = 0;
  }

  /** Time with work since the start, ms. */
  get busyMs(): number {
    this.#settle();
    return this.#busyMs;
  }

  /** Time until work may start, ms. */
  get waitMs(): number {
    this.#settle();
    return this.#share < 1 ? Math.max(0, -this.#tokensMs / this.#share) : 0;
  }

  /** Work starts or goes on. Call {@link end} when it ends or pauses. */
  begin(): void {
    this.#settle();
    this.#active++;
  }

  end(): void {
    this.#settle();
    this.#active--;
  }

  /** Charges for work whose time was measured elsewhere, such as by the GPU's own clock. */
  charge(spentMs: number): void {
    this.#settle();
    this.#spend(Math.min(spentMs, MAX_UNSEEN_MS));
  }

  /** Another thread saw the machine awake: what was not charged of this time is. Tell each time once. */
  wasAwake(fromMs: number, toMs: number): void {
    this.#settle();
    this.#worked(Math.max(0, Math.min(toMs, this.#unseen.toMs) - Math.max(fromMs, this.#unseen.fromMs)));
  }

  #settle(): void {
    const nowMs = this.#now();
    const elapsedMs = Math.max(0, nowMs - this.#settledAtMs);
    this.#settledAtMs = nowMs;
    if (this.#active > 0) {
      const chargedMs = Math.min(elapsedMs, MAX_UNSEEN_MS);
      if (elapsedMs > chargedMs) this.#unseen = { fromMs: nowMs - elapsedMs + chargedMs, toMs: nowMs };
      this.#worked(chargedMs);
    } else {
      this.#tokensMs = Math.min(this.#tokensMs + this.#share * elapsedMs, this.#share * BUCKET_MS);
    }
  }

  /** Charges for time in which there was work. */
  #worked(forMs: number): void {
    this.#spend(forMs);
    // Not limited: the work took longer than the bucket holds, and all of that time counts.
    this.#tokensMs += this.#share * forMs;
  }

  #spend(spentMs: number): void {
    this.#busyMs += spentMs;
    this.#tokensMs -= spentMs;
  }
}

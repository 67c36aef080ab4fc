import type { Clock } from '../../../shared/clock.ts';
import type { VolunteerLimits } from '../types.ts';
import { type Condition, type ConditionContext, type Hold, listenTo } from './condition.ts';
import { IDLE_AFTER_MS, type IdleSignal } from './machine-signals.ts';

/** Signs that somebody uses the page, or turns to another window. */
const SIGNS_OF_USE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'focus', 'blur'];

export interface IdleConditionOptions extends ConditionContext {
  clock: Clock;
  /** Begins to watch the whole machine, until the signal aborts. Resolves to null where that is not told, or not permitted. */
  detect(signal: AbortSignal): Promise<IdleSignal | null>;
  /** Its change means that `detect` may have another answer. */
  permission(): Promise<Pick<EventTarget, 'addEventListener' | 'removeEventListener'> | null>;
  /** The page's window, whose events stand in for the machine's; null outside a page. */
  page: Pick<EventTarget, 'addEventListener' | 'removeEventListener'> | null;
}

/**
 * Holds back while somebody uses the computer (`onlyWhenIdle`), as Idle Detection tells. Without that permission the page's own signals
 * stand in: it counts as used for {@link IDLE_AFTER_MS} after each.
 */
export class IdleCondition implements Condition {
  readonly #options: IdleConditionOptions;
  /** Aborted when the limit is lifted; null while there is no such limit. */
  #watching: AbortController | null = null;
  #detecting: Promise<void> = Promise.resolve();
  #detector: IdleSignal | null = null;
  #usedAtMs = Number.NEGATIVE_INFINITY;
  #cancelTimer = () => {};

  constructor(options: IdleConditionOptions) {
    this.#options = options;
  }

  get hold(): Hold | null {
    return this.#watching && this.#isInUse ? { limit: 'onlyWhenIdle', why: 'you are using this computer' } : null;
  }

  apply({ onlyWhenIdle }: VolunteerLimits): void {
    if (onlyWhenIdle === (this.#watching !== null)) return;
    if (onlyWhenIdle) this.#watch();
    else this.dispose();
  }

  async ready(): Promise<void> {
    await this.#detecting;
  }

  dispose(): void {
    this.#watching?.abort();
    this.#watching = null;
    this.#detector = null;
    this.#cancelTimer();
  }

  get #isInUse(): boolean {
    if (this.#detector) return this.#detector.userState !== 'idle' && this.#detector.screenState !== 'locked';
    return this.#options.clock.now() - this.#usedAtMs < IDLE_AFTER_MS;
  }

  #watch(): void {
    const watching = new AbortController();
    this.#watching = watching;
    const { page } = this.#options;
    if (page) {
      // In the capture phase, because a page may stop the propagation of its own events.
      const stop = listenTo(page, SIGNS_OF_USE, () => this.#used(), { capture: true, passive: true });
      watching.signal.addEventListener('abort', stop);
    }
    // Whoever sets the limit is there.
    this.#used();
    this.#detecting = this.#detect(watching.signal);
    void this.#followPermission(watching.signal);
  }

  async #detect(signal: AbortSignal): Promise<void> {
    const detector = await this.#options.detect(signal);
    if (!detector || signal.aborted) return;
    this.#detector = detector;
    signal.addEventListener('abort', listenTo(detector, ['change'], this.#options.onChange));
    this.#options.onChange();
  }

  async #followPermission(signal: AbortSignal): Promise<void> {
    const permission = await this.#options.permission();
    if (!permission || signal.aborted) return;
    const changed = () => {
      // It was granted, or taken back.
      this.dispose();
      this.#watch();
      this.#options.onChange();
    };
    signal.addEventListener('abort', listenTo(permission, ['change'], changed));
  }

  #used(): void {
    const { clock, onChange } = this.#options;
    const wasInUse = this.#isInUse;
    this.#usedAtMs = clock.now();
    this.#cancelTimer();
    this.#cancelTimer = clock.after(IDLE_AFTER_MS, onChange);
    if (!wasInUse) onChange();
  }
}

import type { Clock } from '../../../shared/clock.ts';
import { logger } from '../../../shared/log.ts';
import { listenTo } from './condition.ts';

const log = logger('sdk.wake-lock');

type Events = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/** Waits, ms, before a lock is requested again that the browser refused or took away, as a battery saver does: each twice the one before. */
const FIRST_RETRY_MS = 10_000;
const MAX_RETRY_MS = 600_000;

export interface KeepAwakeOptions {
  clock: Clock;
  /** The battery, whose charging ends what a battery saver refuses; null where nothing tells about one. */
  battery(): Promise<Events | null>;
  /** The browser's wake locks; null where it has none. */
  locks: { request(type: 'screen'): Promise<Pick<WakeLockSentinel, 'release'> & Events> } | null;
  /** Null outside a page. */
  page: (Events & { readonly visibilityState: DocumentVisibilityState }) | null;
}

/**
 * Keeps the computer awake with a screen wake lock (Screen Wake Lock API). The browser takes the lock away when the page is hidden, and may
 * refuse it on battery. It is requested again when the page is shown, when the battery begins or ends to charge, and after a while.
 */
export class KeepAwake {
  readonly #options: KeepAwakeOptions;
  #stopListening: () => void;
  #isDisposed = false;
  /** Since the page was shown or the charging changed. */
  #retries = 0;
  #cancelRetry = () => {};
  /** Asked for once, with the first wish. */
  #followingBattery: Promise<void> | null = null;
  #isWanted = false;
  #isRequesting = false;
  #lock: Pick<WakeLockSentinel, 'release'> | null = null;

  constructor(options: KeepAwakeOptions) {
    this.#options = options;
    const { page } = options;
    this.#stopListening = page ? listenTo(page, ['visibilitychange'], () => this.#requestAnew()) : () => {};
  }

  set isWanted(isWanted: boolean) {
    this.#isWanted = isWanted;
    if (!isWanted) this.#release();
    else {
      this.#followingBattery ??= this.#followBattery();
      this.#requestAnew();
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#stopListening();
    this.isWanted = false;
  }

  async #followBattery(): Promise<void> {
    const battery = await this.#options.battery().catch(() => null);
    if (!battery || this.#isDisposed) return;
    const stops = [this.#stopListening, listenTo(battery, ['chargingchange'], () => this.#requestAnew())];
    this.#stopListening = () => {
      for (const stop of stops) stop();
    };
  }

  #requestAnew(): void {
    this.#retries = 0;
    void this.#request();
  }

  #retryLater(): void {
    this.#cancelRetry();
    if (!this.#isWanted) return;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#retries++, MAX_RETRY_MS);
    this.#cancelRetry = this.#options.clock.after(delayMs, () => void this.#request());
  }

  async #request(): Promise<void> {
    const { locks, page } = this.#options;
    if (!this.#isWanted || this.#lock || this.#isRequesting || !locks || page?.visibilityState !== 'visible') return;
    this.#isRequesting = true;
    try {
      const lock = await locks.request('screen');
      this.#lock = lock;
      lock.addEventListener('release', () => {
        if (this.#lock !== lock) return;
        this.#lock = null;
        this.#retryLater();
      });
      if (!this.#isWanted) this.#release();
    } catch (cause) {
      log.warn('refused', { cause: String(cause) });
      this.#retryLater();
    } finally {
      this.#isRequesting = false;
    }
  }

  #release(): void {
    this.#cancelRetry();
    const lock = this.#lock;
    this.#lock = null;
    void lock?.release().catch(() => {});
  }
}

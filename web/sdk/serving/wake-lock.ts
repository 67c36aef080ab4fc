import { logger } from '../../../shared/log.ts';
import { listenTo } from './condition.ts';

const log = logger('sdk.wake-lock');

type Events = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

export interface KeepAwakeOptions {
  /** The browser's wake locks; null where it has none. */
  locks: { request(type: 'screen'): Promise<Pick<WakeLockSentinel, 'release'> & Events> } | null;
  /** Null outside a page. */
  page: (Events & { readonly visibilityState: DocumentVisibilityState }) | null;
}

/**
 * Keeps the computer awake with a screen wake lock (Screen Wake Lock API). The browser takes the lock away when the page is hidden, and it
 * is requested again when the page is shown.
 */
export class KeepAwake {
  readonly #options: KeepAwakeOptions;
  readonly #stopListening: () => void;
  #isWanted = false;
  #isRequesting = false;
  #lock: Pick<WakeLockSentinel, 'release'> | null = null;

  constructor(options: KeepAwakeOptions) {
    this.#options = options;
    const { page } = options;
    this.#stopListening = page ? listenTo(page, ['visibilitychange'], () => void this.#request()) : () => {};
  }

  set isWanted(isWanted: boolean) {
    this.#isWanted = isWanted;
    if (isWanted) void this.#request();
    else this.#release();
  }

  dispose(): void {
    this.#stopListening();
    this.isWanted = false;
  }

  async #request(): Promise<void> {
    const { locks, page } = this.#options;
    if (!this.#isWanted || this.#lock || this.#isRequesting || !locks || page?.visibilityState !== 'visible') return;
    this.#isRequesting = true;
    try {
      const lock = await locks.request('screen');
      this.#lock = lock;
      lock.addEventListener('release', () => {
        if (this.#lock === lock) this.#lock = null;
      });
      if (!this.#isWanted) this.#release();
    } catch (cause) {
      // Such as a battery saver. It is requested again when the page is next shown.
      log.warn('refused', { cause: String(cause) });
    } finally {
      this.#isRequesting = false;
    }
  }

  #release(): void {
    const lock = this.#lock;
    this.#lock = null;
    void lock?.release().catch(() => {});
  }
}

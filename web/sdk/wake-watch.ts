import type { Clock } from '../../shared/clock.ts';

/** How often the page looks at the clock, ms. */
const LOOK_INTERVAL_MS = 1_000;
/** A page whose timer is later than this, ms, was stopped: a busy one is late by a second or two. */
const MAX_LATE_MS = 5_000;

export interface WakeWatchOptions {
  clock: Clock;
  /** Time of day, ms: on some systems the other clock stands still while the machine sleeps. */
  wallNow(): number;
  page: Pick<Document, 'addEventListener' | 'removeEventListener' | 'visibilityState'>;
  /** The page runs again and is shown. Its connections may be dead without having said so. */
  woke(): void;
}

/**
 * Notices that the page was stopped and goes on: a phone's browser stops one that the person leaves, such as for a call, and a computer that sleeps
 * stops them all. Only Chromium fires an event when it freezes a page, and no browser when the computer sleeps. Returns a function that ends the watch.
 *
 * A hidden page's timers may be late by a minute without being stopped, so one that is not shown is told nothing until it is.
 */
export function watchForWaking({ clock, wallNow, page, woke }: WakeWatchOptions): () => void {
  let seenMs = clock.now();
  let seenWallMs = wallNow();
  let wasStopped = false;
  let cancel = () => {};
  const look = () => {
    const nowMs = clock.now();
    const nowWallMs = wallNow();
    // A clock that somebody sets forward costs a look at the connections.
    if (Math.max(nowMs - seenMs, nowWallMs - seenWallMs) > LOOK_INTERVAL_MS + MAX_LATE_MS) wasStopped = true;
    seenMs = nowMs;
    seenWallMs = nowWallMs;
    if (!wasStopped || page.visibilityState !== 'visible') return;
    wasStopped = false;
    woke();
  };
  const lookAgain = () => {
    cancel = clock.after(LOOK_INTERVAL_MS, () => {
      look();
      lookAgain();
    });
  };
  // It may come before the timer that is late.
  page.addEventListener('visibilitychange', look);
  lookAgain();
  return () => {
    cancel();
    page.removeEventListener('visibilitychange', look);
  };
}

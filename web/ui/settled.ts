import { useEffect, useState } from 'preact/hooks';

/** Longer than the gap between the two presses of a double click, which systems allow up to half a second. */
export const SETTLE_MS = 600;

interface Visibility {
  readonly isVisible: boolean;
  /** @returns a function that stops listening */
  onChange(listener: () => void): () => void;
  /** @returns a function that cancels */
  after(ms: number, action: () => void): () => void;
}

const thisPage: Visibility = {
  get isVisible() {
    return document.visibilityState === 'visible';
  },
  onChange(listener) {
    document.addEventListener('visibilitychange', listener);
    return () => document.removeEventListener('visibilitychange', listener);
  },
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Whether the page has been in view long enough for a click to be meant for it. A foreign page may open ours under the cursor between
 * the two presses of a double click, or uncover it there, so that the second press lands on a button that its person has not read.
 */
export function useSettled(): boolean {
  const [isSettled, setSettled] = useState(false);
  useEffect(() => watchSettled(thisPage, setSettled), []);
  return isSettled;
}

/** @returns a function that stops watching */
export function watchSettled(page: Visibility, tell: (isSettled: boolean) => void): () => void {
  let cancel = () => {};
  const changed = () => {
    cancel();
    tell(false);
    if (page.isVisible) cancel = page.after(SETTLE_MS, () => tell(true));
  };
  const stopListening = page.onChange(changed);
  changed();
  return () => {
    cancel();
    stopListening();
  };
}

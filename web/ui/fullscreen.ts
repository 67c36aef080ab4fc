import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** `screen.orientation.lock` (W3C Screen Orientation). Only browsers of phones have it, and TypeScript's DOM types lack it. */
interface LockableOrientation {
  lock?(orientation: 'landscape'): Promise<void>;
}

export interface Fullscreen {
  isOn: boolean;
  /** Whether the element only fills the page, since this browser gives the whole screen to nothing but videos. */
  isFilling: boolean;
  toggle(): void;
}

/**
 * Full screen for an element, in landscape where a phone lets pages choose. The person can leave it at any time with the browser's own key.
 * Browsers of some phones allow it only for videos: there the element fills the page, which Escape leaves.
 */
export function useFullscreen(target: RefObject<HTMLElement>): Fullscreen {
  const [isOn, setOn] = useState(false);
  const isReal = document.fullscreenEnabled === true;
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const update = () => setOn(target.current !== null && document.fullscreenElement === target.current);
    const leave = ({ key }: KeyboardEvent) => key === 'Escape' && setOn(false);
    if (isReal) document.addEventListener('fullscreenchange', update, { signal });
    else addEventListener('keydown', leave, { signal });
    return () => listening.abort();
  }, [isReal]);
  const isFilling = isOn && !isReal;
  useEffect(() => (isFilling && target.current ? hideTheRest(target.current) : undefined), [isFilling]);
  const toggle = () => {
    if (!isReal) return setOn(!isOn);
    const change = isOn ? document.exitFullscreen() : target.current?.requestFullscreen().then(lockLandscape);
    // Refused or already left: the picture keeps its size.
    change?.catch(() => {});
  };
  return { isOn, isFilling, toggle };
}

/** Keeps the focus and the scrolling of a page from going behind an element that fills it. @returns a function that ends this */
function hideTheRest(element: HTMLElement): () => void {
  const hidden: HTMLElement[] = [];
  for (let within = element; within.parentElement && within !== document.body; within = within.parentElement) {
    for (const other of within.parentElement.children) {
      if (other === within || !(other instanceof HTMLElement) || other.inert) continue;
      other.inert = true;
      hidden.push(other);
    }
  }
  const root = document.documentElement;
  root.style.setProperty('overflow', 'hidden');
  return () => {
    for (const other of hidden) other.inert = false;
    root.style.removeProperty('overflow');
  };
}

/** Rejects where the browser or the device has no such lock; the browser ends it together with the full screen. */
async function lockLandscape(): Promise<void> {
  const { orientation } = screen as { orientation?: LockableOrientation };
  await orientation?.lock?.('landscape');
}

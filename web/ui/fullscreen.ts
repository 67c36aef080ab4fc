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
  const toggle = () => {
    if (!isReal) return setOn(!isOn);
    const change = isOn ? document.exitFullscreen() : target.current?.requestFullscreen().then(lockLandscape);
    // Refused or already left: the picture keeps its size.
    change?.catch(() => {});
  };
  return { isOn, isFilling: isOn && !isReal, toggle };
}

/** Rejects where the browser or the device has no such lock; the browser ends it together with the full screen. */
async function lockLandscape(): Promise<void> {
  const { orientation } = screen as { orientation?: LockableOrientation };
  await orientation?.lock?.('landscape');
}

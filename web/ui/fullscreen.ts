import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface Fullscreen {
  /** Phones that give it to videos alone do not. */
  isOffered: boolean;
  isOn: boolean;
  toggle(): void;
}

/** Lets an element fill the screen. The person may leave with a key of the browser's at any time. */
export function useFullscreen(target: RefObject<HTMLElement>): Fullscreen {
  const [isOn, setIsOn] = useState(false);
  useEffect(() => {
    const look = () => setIsOn(target.current !== null && document.fullscreenElement === target.current);
    document.addEventListener('fullscreenchange', look);
    return () => document.removeEventListener('fullscreenchange', look);
  }, []);
  return {
    isOffered: document.fullscreenEnabled === true,
    isOn,
    toggle: () => {
      const change = isOn ? document.exitFullscreen() : target.current?.requestFullscreen();
      // Refused, or gone already: the picture stays as large as it is.
      change?.catch(() => {});
    },
  };
}

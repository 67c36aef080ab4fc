import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Whether an element can be seen: it is in view, nothing around it is folded, and the page is shown. */
export function useOnScreen(place: RefObject<Element>): boolean {
  const [isOnScreen, setOnScreen] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let isInView = false;
    const update = () => setOnScreen(isInView && !document.hidden);
    const views = new IntersectionObserver((entries) => {
      isInView = entries.at(-1)?.isIntersecting ?? false;
      update();
    });
    views.observe(element);
    document.addEventListener('visibilitychange', update);
    return () => {
      views.disconnect();
      document.removeEventListener('visibilitychange', update);
    };
  }, []);
  return isOnScreen;
}

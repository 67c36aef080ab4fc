import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

// For whoever works by keyboard: where what has the focus leaves the page, the next key would start at the top of the page, or steer the
// game. Whoever pressed it with the mouse has no use for the focus, and the game has the keys as before.

type Candidate = Element | null | undefined;

/** Gives the focus of what is about to leave the page to the first of these that takes it, else to the page's status line. */
export function handFocusOn(...candidates: readonly Candidate[]): void {
  if (document.activeElement?.matches(':focus-visible')) giveFocus(candidates);
}

/**
 * For an element that may leave the page while it has the focus, as a button may that is pressed: hands the focus on as {@link handFocusOn}
 * does.
 * @param successor - what takes its place, asked for once that is in the page
 */
export function useHandedOnFocus(place: RefObject<Element>, successor?: () => Candidate): void {
  const latest = useRef(successor);
  latest.current = successor;
  useLayoutEffect(
    () => () => {
      const { activeElement } = document;
      if (!activeElement?.matches(':focus-visible') || activeElement !== place.current) return;
      // By then what is removed is gone, and what replaces it is there.
      queueMicrotask(() => {
        const isTaken = document.activeElement !== null && document.activeElement !== document.body;
        if (!isTaken) giveFocus([latest.current?.()]);
      });
    },
    [],
  );
}

function giveFocus(candidates: readonly Candidate[]): void {
  for (const candidate of [...candidates, document.querySelector('.status-line')]) {
    // The focus of a group of radio buttons is that of the checked one.
    for (const element of [candidate, candidate?.querySelector('input:checked')]) {
      if (!(element instanceof HTMLElement)) continue;
      element.focus({ preventScroll: true });
      // What is hidden, inert or disabled does not take it.
      if (document.activeElement === element) return;
    }
  }
}

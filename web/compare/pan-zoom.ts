import type { Signal } from '@preact/signals';
import { moved, type View, viewAfterKey, ZOOM_STEP, zoomed } from './view.ts';

/** Lets pointers, fingers, the wheel and keys on an element change what is looked at. Returns what ends it. */
export function attachPanZoom(target: HTMLElement, view: Signal<View>): () => void {
  const listeners = new AbortController();
  const options = { signal: listeners.signal };
  const pointers = new Map<number, { x: number; y: number }>();

  const placeOf = (event: MouseEvent) => {
    const box = target.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const zoomAt = (event: MouseEvent, factor: number) => {
    const { x, y } = placeOf(event);
    view.value = zoomed(view.value, factor, x, y);
  };

  target.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      target.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, placeOf(event));
    },
    options,
  );
  target.addEventListener(
    'pointermove',
    (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const now = placeOf(event);
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      pointers.set(event.pointerId, now);
      if (!other) view.value = moved(view.value, now.x - before.x, now.y - before.y);
      else {
        const factor = distance(now, other) / Math.max(distance(before, other), 0.01);
        view.value = zoomed(view.value, factor, (now.x + other.x) / 2, (now.y + other.y) / 2);
      }
    },
    options,
  );
  for (const end of ['pointerup', 'pointercancel'] as const) {
    target.addEventListener(end, ({ pointerId }) => pointers.delete(pointerId), options);
  }
  target.addEventListener('dblclick', (event) => zoomAt(event, event.shiftKey ? 1 / ZOOM_STEP : ZOOM_STEP), options);
  target.addEventListener(
    'wheel',
    (event) => {
      // The plain wheel scrolls the page; a pinch on a trackpad comes as this.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomAt(event, Math.exp(-event.deltaY / 200));
    },
    { ...options, passive: false },
  );
  target.addEventListener(
    'keydown',
    (event) => {
      const next = event.ctrlKey || event.metaKey || event.altKey ? null : viewAfterKey(view.value, event.key);
      if (!next) return;
      event.preventDefault();
      view.value = next;
    },
    options,
  );
  return () => listeners.abort();
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

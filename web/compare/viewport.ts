import type { Signal } from '@preact/signals';

/** The visible part of a picture. All pictures on the page share it. */
export interface View {
  /** 1 shows the whole picture. */
  zoom: number;
  /** The centre of the visible part, 0 to 1 of the picture. */
  x: number;
  y: number;
}

export const WHOLE: View = Object.freeze({ zoom: 1, x: 0.5, y: 0.5 });
export const ZOOM_STEP = 1.5;
const MAX_ZOOM = 16;

/** Zooms around a point of the viewport. @param atX - 0 to 1 of the viewport @param atY - likewise */
export function zoomed(view: View, factor: number, atX = 0.5, atY = 0.5): View {
  const zoom = Math.min(Math.max(view.zoom * factor, 1), MAX_ZOOM);
  const shift = 1 / view.zoom - 1 / zoom;
  return inside({ zoom, x: view.x + (atX - 0.5) * shift, y: view.y + (atY - 0.5) * shift });
}

/** Pans the picture. @param byX - share of the viewport's width @param byY - share of its height */
export function moved(view: View, byX: number, byY: number): View {
  return inside({ zoom: view.zoom, x: view.x - byX / view.zoom, y: view.y - byY / view.zoom });
}

/** A CSS transform for an element that fills the viewport, with its origin at the upper left. */
export function transformOf({ zoom, x, y }: View): string {
  const percent = (middle: number) => `${(0.5 - middle * zoom) * 100}%`;
  return `translate(${percent(x)}, ${percent(y)}) scale(${zoom})`;
}

const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [0.1, 0],
  ArrowRight: [-0.1, 0],
  ArrowUp: [0, 0.1],
  ArrowDown: [0, -0.1],
};

/** The view after a key press; null for keys without a meaning here. */
export function viewAfterKey(view: View, key: string): View | null {
  const arrow = ARROWS[key];
  if (arrow) return moved(view, ...arrow);
  if (key === '+' || key === '=') return zoomed(view, ZOOM_STEP);
  if (key === '-') return zoomed(view, 1 / ZOOM_STEP);
  return key === '0' ? WHOLE : null;
}

/** Keeps the visible part within the picture. */
function inside({ zoom, x, y }: View): View {
  const half = 0.5 / zoom;
  const kept = (middle: number) => Math.min(Math.max(middle, half), 1 - half);
  return { zoom, x: kept(x), y: kept(y) };
}

/** Pans and zooms with pointers, touch, wheel and keys on an element. @returns a function that stops */
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
      // A plain wheel scrolls the page. A pinch on a trackpad arrives as a wheel with Ctrl.
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

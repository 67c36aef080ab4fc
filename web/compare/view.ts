/** Which part of a picture is looked at; the same of every picture on the page. */
export interface View {
  /** 1: all of it. */
  zoom: number;
  /** The middle of the part, 0..1 of the picture. */
  x: number;
  y: number;
}

export const WHOLE: View = Object.freeze({ zoom: 1, x: 0.5, y: 0.5 });
export const ZOOM_STEP = 1.5;
const MAX_ZOOM = 16;

/** Zooms, and leaves what is at a place of the window there. @param atX 0..1 of the window @param atY likewise */
export function zoomed(view: View, factor: number, atX = 0.5, atY = 0.5): View {
  const zoom = Math.min(Math.max(view.zoom * factor, 1), MAX_ZOOM);
  const shift = 1 / view.zoom - 1 / zoom;
  return inside({ zoom, x: view.x + (atX - 0.5) * shift, y: view.y + (atY - 0.5) * shift });
}

/** Moves the picture under the window. @param byX of the window's width @param byY of its height */
export function moved(view: View, byX: number, byY: number): View {
  return inside({ zoom: view.zoom, x: view.x - byX / view.zoom, y: view.y - byY / view.zoom });
}

/** For an element that fills the window, with its origin in its upper left corner. */
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

/** What a key makes of it, or null for a key that means nothing here. */
export function viewAfterKey(view: View, key: string): View | null {
  const arrow = ARROWS[key];
  if (arrow) return moved(view, ...arrow);
  if (key === '+' || key === '=') return zoomed(view, ZOOM_STEP);
  if (key === '-') return zoomed(view, 1 / ZOOM_STEP);
  return key === '0' ? WHOLE : null;
}

/** The window never leaves the picture. */
function inside({ zoom, x, y }: View): View {
  const half = 0.5 / zoom;
  const kept = (middle: number) => Math.min(Math.max(middle, half), 1 - half);
  return { zoom, x: kept(x), y: kept(y) };
}

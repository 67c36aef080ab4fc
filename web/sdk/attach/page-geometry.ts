import type { Rect } from './picture-fit.ts';

// What of an element's ancestors decides where an absolutely positioned neighbour of it appears.

/** The parent in the flat tree: through slots and shadow roots. */
function flatParent(element: Element): Element | null {
  if (element.assignedSlot) return element.assignedSlot;
  const { parentNode } = element;
  if (parentNode instanceof Element) return parentNode;
  return parentNode instanceof ShadowRoot ? parentNode.host : null;
}

function* flatAncestors(element: Element): Generator<Element> {
  for (let ancestor = flatParent(element); ancestor; ancestor = flatParent(ancestor)) yield ancestor;
}

/** How lengths inside an element become lengths on the page: its zoom and the transforms of its ancestors, without translations. */
export function lengthMap(element: Element): DOMMatrix {
  const zoom = (element as { currentCSSZoom?: number }).currentCSSZoom ?? 1;
  let map = new DOMMatrix([zoom, 0, 0, zoom, 0, 0]);
  for (const ancestor of flatAncestors(element)) map = ownTransform(getComputedStyle(ancestor)).multiply(map);
  return withoutTranslation(map);
}

/** In the order of CSS Transforms 2, section 5: `rotate`, then `scale`, then `transform`. */
function ownTransform({ rotate, scale, transform }: CSSStyleDeclaration): DOMMatrix {
  let own = new DOMMatrix();
  if (rotate !== 'none') own = own.multiply(new DOMMatrix(rotation(rotate)));
  if (scale !== 'none') own = own.multiply(new DOMMatrix(`scale(${scale.split(' ').slice(0, 2).join(',')})`));
  if (transform !== 'none') own = own.multiply(new DOMMatrix(transform));
  return own;
}

/** `45deg`, `x 45deg` and `0 0 1 45deg` are the forms of a computed `rotate`. */
function rotation(rotate: string): string {
  const parts = rotate.split(' ');
  const angle = parts.pop() ?? '0deg';
  const [axis] = parts;
  if (parts.length === 3) return `rotate3d(${parts.join(',')},${angle})`;
  return axis ? `rotate${axis.toUpperCase()}(${angle})` : `rotate(${angle})`;
}

function withoutTranslation({ a, b, c, d }: DOMMatrix): DOMMatrix {
  return new DOMMatrix([a, b, c, d, 0, 0]);
}

/** The centre of what an element covers of the page. Unlike a corner, it is known whatever the transform. */
export function centerOf({ left, top, width, height }: DOMRect): DOMPoint {
  return new DOMPoint(left + width / 2, top + height / 2);
}

/** A box that clips an element but not its absolutely positioned neighbour. */
export interface ClippingBox {
  rect: Rect;
  /** Computed `border-radius`; of several boxes the innermost one that has any. */
  radius: string;
}

/**
 * The intersection of the boxes that clip `element` but not `neighbour`: those between the element and the containing block of its absolutely
 * positioned neighbour. Null if there are none.
 *
 * @param toLocal - from the page to the coordinates in which the result is wanted. None of the boxes is turned against these: a box with
 *   a transform is a containing block.
 */
export function clippingBox(
  element: Element,
  neighbour: HTMLElement,
  toLocal: (point: DOMPoint) => DOMPoint,
): ClippingBox | null {
  const { position } = getComputedStyle(element);
  // Both have the same containing block.
  if (position === 'absolute' || position === 'fixed') return null;
  const containing = neighbour.offsetParent;
  let clipping: ClippingBox | null = null;
  for (const ancestor of flatAncestors(element)) {
    if (ancestor === containing || ancestor === document.body || ancestor === document.documentElement) break;
    const { overflowX, overflowY, borderRadius } = getComputedStyle(ancestor);
    const isClipping = overflowX !== 'visible' || overflowY !== 'visible';
    if (!isClipping || !(ancestor instanceof HTMLElement)) continue;
    const rect = innerRect(ancestor, toLocal);
    clipping = clipping
      ? { rect: intersection(clipping.rect, rect), radius: clipping.radius === '0px' ? borderRadius : clipping.radius }
      : { rect, radius: borderRadius };
  }
  return clipping;
}

function innerRect(box: HTMLElement, toLocal: (point: DOMPoint) => DOMPoint): Rect {
  const { x, y } = toLocal(centerOf(box.getBoundingClientRect()));
  return {
    left: x - box.offsetWidth / 2 + box.clientLeft,
    top: y - box.offsetHeight / 2 + box.clientTop,
    width: box.clientWidth,
    height: box.clientHeight,
  };
}

function intersection(a: Rect, b: Rect): Rect {
  const left = Math.max(a.left, b.left);
  const top = Math.max(a.top, b.top);
  const right = Math.min(a.left + a.width, b.left + b.width);
  const bottom = Math.min(a.top + a.height, b.top + b.height);
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

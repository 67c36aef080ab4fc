import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { screenDensity } from './drawn-density.ts';
import { centerOf, clippingBox, lengthMap } from './page-geometry.ts';
import { pictureRect } from './picture-fit.ts';

/** Styles are read so often, ms, besides whenever the element moves: reading them in each frame would cost more than the rest. */
const STYLE_INTERVAL_MS = 200;
/** A difference that nobody sees, CSS pixels. */
const EXACT_PX = 0.05;
/** A larger difference in size means that the overlay does not follow what the page does to the element, CSS pixels. */
const TOLERATED_PX = 1.5;

/** What an element's box shares with the picture over it. */
const COPIED = [
  ...['rotate', 'scale', 'translate', 'transform', 'transform-origin', 'transform-style', 'backface-visibility'],
  ...['border-radius', 'clip-path', 'filter'],
] as const;

export type Picture = HTMLCanvasElement | HTMLVideoElement;

/** Size of the picture that the element shows, in its own pixels; 0x0 before a video has one. */
export function naturalSize(element: Picture): PictureSize {
  return element instanceof HTMLVideoElement
    ? { width: element.videoWidth, height: element.videoHeight }
    : { width: element.width, height: element.height };
}

/**
 * A canvas laid exactly over the picture of an element of the page, below everything that the page lays over that element. It takes no
 * input. The page's own styles do not reach it.
 *
 * The anchor, an element without a size, is a neighbour of the page's element, so most of what moves one moves both. In its shadow root a
 * window clips as the element's ancestors do, and in it a box stands for the element's box.
 */
export class Overlay {
  readonly #element: Picture;
  readonly #anchor = document.createElement('p2c2r-overlay');
  readonly #window = document.createElement('div');
  readonly #box = document.createElement('div');
  readonly #content = document.createElement('div');
  #canvas: HTMLCanvasElement;
  #styledMs = Number.NEGATIVE_INFINITY;
  #obstacle = '';
  #isInTopLayer = false;
  readonly #at = { x: 0, y: 0 };
  readonly #windowAt = { x: 0, y: 0 };

  constructor(element: Picture, canvas: HTMLCanvasElement) {
    this.#element = element;
    this.#canvas = canvas;
    this.#anchor.setAttribute('aria-hidden', 'true');
    // Closed: a page that walks through open shadow roots for its canvases does not find this one.
    this.#anchor.attachShadow({ mode: 'closed' }).append(this.#window);
    this.#window.append(this.#box);
    this.#box.append(this.#content);
    // Inline and important: stronger than any rule of the page.
    const outOfFlow = { position: 'absolute', left: '0', top: '0', width: '0', height: '0' };
    setStyles(this.#anchor, { all: 'initial', display: 'block', 'pointer-events': 'none', ...outOfFlow });
    Object.assign(this.#window.style, { position: 'absolute' });
    Object.assign(this.#box.style, { position: 'absolute', overflow: 'hidden', border: '0 solid transparent' });
    Object.assign(this.#content.style, { position: 'absolute', overflow: 'hidden' });
    this.isShown = false;
    this.canvas = canvas;
  }

  /** The canvas that is shown. */
  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  set canvas(canvas: HTMLCanvasElement) {
    canvas.style.position = 'absolute';
    this.#content.replaceChildren(canvas);
    this.#canvas = canvas;
    this.refresh();
  }

  set isShown(isShown: boolean) {
    setStyles(this.#anchor, { visibility: isShown ? 'visible' : 'hidden' });
  }

  /** Device pixels of the screen for each pixel of the source, on the axis that has more; 0 while nothing of the element is laid out. */
  get enlargement(): number {
    const { width, height } = naturalSize(this.#element);
    const { offsetWidth, offsetHeight } = this.#canvas;
    // Also of a canvas that is not in the page.
    if (width === 0 || height === 0 || offsetWidth === 0) return 0;
    // With the transform of the box, which is the element's own.
    const map = lengthMap(this.#canvas);
    const across = offsetWidth * Math.hypot(map.a, map.b);
    const down = offsetHeight * Math.hypot(map.c, map.d);
    return screenDensity() * Math.max(across / width, down / height);
  }

  /** Reads the styles again in the next frame, since something may have changed them. */
  refresh(): void {
    this.#styledMs = Number.NEGATIVE_INFINITY;
  }

  /** Lays the overlay where the element is now. Returns why it cannot be there, a sentence; empty if it is. */
  follow(nowMs: number): string {
    if (!this.#element.isConnected) {
      this.#anchor.remove();
      return 'The element is not in the page.';
    }
    const wasMoved = this.#join();
    const rect = this.#element.getBoundingClientRect();
    const isStyleDue = wasMoved || nowMs - this.#styledMs >= STYLE_INTERVAL_MS;
    if (isStyleDue || !isSameRect(rect, this.#box.getBoundingClientRect())) {
      this.#styledMs = nowMs;
      this.#obstacle = this.#lay(rect);
    }
    return this.#obstacle;
  }

  remove(): void {
    this.#anchor.remove();
  }

  /** Puts the anchor beside the element. Returns whether it was not there. */
  #join(): boolean {
    const { parentNode } = this.#element;
    const isFullscreen = this.#element.matches(':fullscreen');
    if (this.#anchor.parentNode === parentNode && this.#isInTopLayer === isFullscreen) return false;
    if (this.#element.slot !== '') this.#anchor.slot = this.#element.slot;
    if (this.#anchor.parentNode !== parentNode) parentNode?.insertBefore(this.#anchor, this.#successor());
    // What is on the full screen lies in the top layer, where only a later one of that layer can lie over it.
    this.#isInTopLayer = isFullscreen;
    this.#anchor.popover = isFullscreen ? 'manual' : null;
    if (isFullscreen && this.#canBeInTopLayer) this.#anchor.showPopover();
    return true;
  }

  /** Popovers came with Chrome 114, Firefox 125 and Safari 17. */
  get #canBeInTopLayer(): boolean {
    return 'showPopover' in this.#anchor;
  }

  /** Before which node the anchor is in paint order right above the element. */
  #successor(): Node | null {
    const { position, zIndex } = getComputedStyle(this.#element);
    const isInFlow = position === 'static' && zIndex === 'auto';
    // Positioned elements are painted over those in the flow, in their own order: what the page laid over the element stays there.
    const laidOver = isInFlow ? [...(this.#element.parentNode?.children ?? [])].find(isPositioned) : undefined;
    const isEarlier = laidOver && laidOver.compareDocumentPosition(this.#element) & Node.DOCUMENT_POSITION_FOLLOWING;
    return isEarlier ? laidOver : this.#element.nextSibling;
  }

  #lay(rect: DOMRect): string {
    if (this.#isInTopLayer && !this.#canBeInTopLayer)
      return 'This browser lays nothing over an element on the full screen. Put the whole window there instead (F11), or update it.';
    const style = getComputedStyle(this.#element);
    const obstacle = obstacleIn(style, rect);
    if (obstacle) return obstacle;
    this.#copy(style);
    const map = this.#isInTopLayer ? new DOMMatrix() : lengthMap(this.#anchor);
    if (Math.abs(map.a * map.d - map.b * map.c) < 1e-9) return 'The element is turned on its edge.';
    const origin = this.#anchor.getBoundingClientRect();
    const toLength = map.inverse();
    const toLocal = ({ x, y }: DOMPoint) => toLength.transformPoint(new DOMPoint(x - origin.left, y - origin.top));
    this.#clip(toLocal);
    const wanted = toLocal(centerOf(rect));
    const is = toLocal(centerOf(this.#box.getBoundingClientRect()));
    this.#at.x += wanted.x - is.x;
    this.#at.y += wanted.y - is.y;
    this.#place();
    const laid = this.#box.getBoundingClientRect();
    const isExact =
      Math.abs(laid.width - rect.width) < TOLERATED_PX && Math.abs(laid.height - rect.height) < TOLERATED_PX;
    return isExact ? '' : 'The page shows the element in a way that cannot be followed.';
  }

  /** Gives the box the size and the looks of the element, and its picture the place in it. */
  #copy(style: CSSStyleDeclaration): void {
    const { position, zIndex, zoom = '1', objectFit, objectPosition } = style;
    setStyles(this.#anchor, {
      position: this.#isInTopLayer || position === 'fixed' ? 'fixed' : 'absolute',
      'z-index': zIndex,
      zoom,
    });
    for (const name of COPIED) this.#box.style.setProperty(name, style.getPropertyValue(name));
    const border = edgesOf(style, (side) => `border-${side}-width`);
    const padding = edgesOf(style, (side) => `padding-${side}`);
    const isBorderBox = style.boxSizing === 'border-box';
    const sizeOf = (name: 'width' | 'height', before: number, after: number) =>
      Number.parseFloat(style[name]) - (isBorderBox ? before + after : 0);
    const content = {
      width: sizeOf('width', border.left + padding.left, border.right + padding.right),
      height: sizeOf('height', border.top + padding.top, border.bottom + padding.bottom),
    };
    Object.assign(this.#box.style, {
      width: `${content.width + padding.left + padding.right}px`,
      height: `${content.height + padding.top + padding.bottom}px`,
      borderWidth: `${border.top}px ${border.right}px ${border.bottom}px ${border.left}px`,
    });
    const inner = { left: padding.left, top: padding.top, ...content };
    setRect(this.#content, inner);
    setRect(this.#canvas, pictureRect(content, naturalSize(this.#element), objectFit, objectPosition));
  }

  #clip(toLocal: (point: DOMPoint) => DOMPoint): void {
    const clipping = this.#isInTopLayer ? null : clippingBox(this.#element, this.#anchor, toLocal);
    const rect = clipping?.rect ?? { left: 0, top: 0, width: 0, height: 0 };
    Object.assign(this.#windowAt, { x: rect.left, y: rect.top });
    setRect(this.#window, rect);
    this.#window.style.overflow = clipping ? 'hidden' : 'visible';
    this.#window.style.borderRadius = clipping?.radius ?? '0';
    this.#place();
  }

  #place(): void {
    this.#box.style.left = `${this.#at.x - this.#windowAt.x}px`;
    this.#box.style.top = `${this.#at.y - this.#windowAt.y}px`;
  }
}

/** Why the element as styled can have nothing over it; empty if it can. */
function obstacleIn({ visibility, opacity, mixBlendMode }: CSSStyleDeclaration, { width, height }: DOMRect): string {
  if (width === 0 || height === 0) return 'The element has no size.';
  if (visibility !== 'visible') return 'The element is hidden.';
  const isTranslucent = Number(opacity) < 1 || mixBlendMode !== 'normal';
  return isTranslucent ? 'The element lets through what lies behind it.' : '';
}

function isPositioned(element: Element): boolean {
  return getComputedStyle(element).position !== 'static';
}

function edgesOf(style: CSSStyleDeclaration, nameOf: (side: string) => string) {
  const [top = 0, right = 0, bottom = 0, left = 0] = ['top', 'right', 'bottom', 'left'].map(
    (side) => Number.parseFloat(style.getPropertyValue(nameOf(side))) || 0,
  );
  return { top, right, bottom, left };
}

function setStyles(element: HTMLElement, styles: Record<string, string>): void {
  for (const [name, value] of Object.entries(styles)) {
    if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value, 'important');
  }
}

function setRect({ style }: HTMLElement, rect: { left: number; top: number; width: number; height: number }): void {
  for (const side of ['left', 'top', 'width', 'height'] as const) style[side] = `${rect[side]}px`;
}

function isSameRect(a: DOMRect, b: DOMRect): boolean {
  return (['left', 'top', 'width', 'height'] as const).every((side) => Math.abs(a[side] - b[side]) < EXACT_PX);
}

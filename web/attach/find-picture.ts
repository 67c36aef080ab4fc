/** What is smaller is no game and no film, CSS pixels squared. */
const MIN_AREA_PX = 160 * 90;
/** Frames within frames, and shadow roots within them, to which a page is searched. */
const MAX_DEPTH = 8;

/** The biggest canvas or video of a page: an element of the page itself, or the same-origin frame in which it is. */
export type Found = { element: HTMLCanvasElement | HTMLVideoElement } | { frame: HTMLIFrameElement };

/**
 * Finds the biggest canvas or video, also in open shadow roots and same-origin frames. Null if there is none that is big enough.
 *
 * @param passedOver - elements and frames that are not wanted
 */
export function findPicture(page: Document, passedOver: { has(element: Element): boolean }): Found | null {
  let biggest: Candidate | null = null;
  for (const candidate of candidatesIn(page, MAX_DEPTH)) {
    const element = 'frame' in candidate.found ? candidate.found.frame : candidate.found.element;
    if (candidate.areaPx > (biggest?.areaPx ?? 0) && !passedOver.has(element)) biggest = candidate;
  }
  return biggest && biggest.areaPx >= MIN_AREA_PX ? biggest.found : null;
}

interface Candidate {
  found: Found;
  areaPx: number;
}

function* candidatesIn(root: Document | ShadowRoot, depth: number): Generator<Candidate> {
  for (const element of root.querySelectorAll('*')) {
    if (element instanceof HTMLCanvasElement || element instanceof HTMLVideoElement) {
      yield { found: { element }, areaPx: shownArea(element) };
    }
    if (depth === 0) continue;
    if (element.shadowRoot) yield* candidatesIn(element.shadowRoot, depth - 1);
    if (element instanceof HTMLIFrameElement) {
      const areaPx = areaInFrame(element, depth - 1);
      if (areaPx > 0) yield { found: { frame: element }, areaPx };
    }
  }
}

/** Elements of a frame are of other classes than those of this page, so they are known by their names. */
function areaInFrame(frame: HTMLIFrameElement, depth: number): number {
  // Null for a frame of another origin.
  const page = frame.contentDocument;
  if (!page || depth < 0) return 0;
  const areas = [...page.querySelectorAll('canvas, video')].map(shownArea);
  const inner = [...page.querySelectorAll('iframe')].map((child) => areaInFrame(child, depth - 1));
  const shadows = [...page.querySelectorAll('*')].flatMap(({ shadowRoot }) =>
    shadowRoot ? [...shadowRoot.querySelectorAll('canvas, video')].map(shownArea) : [],
  );
  return Math.max(0, ...areas, ...inner, ...shadows);
}

/** What of an element is laid out, also where it is scrolled out of sight. A video without a picture counts for nothing. */
export function shownArea(element: Element): number {
  if ('videoWidth' in element && element.videoWidth === 0) return 0;
  const { width, height } = element.getBoundingClientRect();
  const style = element.ownerDocument.defaultView?.getComputedStyle(element);
  return style?.visibility === 'visible' ? width * height : 0;
}

/** How often a canvas is looked at, ms: each look waits for the GPU. */
const LOOK_INTERVAL_MS = 2_000;
/** Pixels of the small copy that is read. */
const COPY = { width: 16, height: 9 };
/** Alpha from which a pixel counts as opaque, 0..255. */
const OPAQUE = 250;

/** Looks now and then whether what a canvas shows can be replaced by a stream's picture, which is opaque. */
export class CanvasProbe {
  readonly #canvas: HTMLCanvasElement;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #obstacle = '';

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** Why it cannot, a sentence; empty if it can. */
  obstacle(nowMs: number): string {
    if (nowMs - this.#lookedMs >= LOOK_INTERVAL_MS) {
      this.#lookedMs = nowMs;
      this.#obstacle = this.#look();
    }
    return this.#obstacle;
  }

  #look(): string {
    const { width, height } = COPY;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    if (!context || this.#canvas.width === 0 || this.#canvas.height === 0) return '';
    context.drawImage(this.#canvas, 0, 0, width, height);
    let data: Uint8ClampedArray;
    try {
      ({ data } = context.getImageData(0, 0, width, height));
    } catch {
      // From then on the browser gives a stream no more of its frames.
      return 'The canvas shows content of another origin, which a browser hands to nobody. Serve that content with CORS headers.';
    }
    const alphas = data.filter((_, at) => at % 4 === 3);
    // One of WebGL is empty unless it was drawn in this very frame: that says nothing.
    const isSeeThrough = alphas.some((alpha) => alpha < OPAQUE) && alphas.some((alpha) => alpha >= OPAQUE);
    return isSeeThrough ? 'The page shines through the canvas. Draw a background, and the picture is sharpened.' : '';
  }
}

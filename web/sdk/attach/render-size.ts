import { MeshError } from '../../../shared/errors.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { type DrawnDensity, densityByCall, densityOf } from './drawn-density.ts';

/** A smaller picture could not be enlarged to the full size by a stream. */
const MIN_RENDER_SCALE = 0.25;

export interface RenderSizeOptions {
  renderScale?: number;
  renderer?: unknown;
  resize?: (size: PictureSize) => void;
}

/** Has an element's engine draw a smaller picture, and the full one again. */
export class RenderSize {
  readonly #element: HTMLCanvasElement;
  readonly #density: DrawnDensity;
  readonly #scale: number;
  /** What the engine made of what it was told; null while it draws the full picture. */
  #told: number | null = null;
  #pinned: { property: 'width' | 'height'; before: string; now: string }[] = [];

  /** Throws MeshError `bad-input` for a scale that is impossible, or that nobody can be told. Null where nothing is made smaller. */
  static of(element: HTMLElement, { renderScale = 1, renderer, resize }: RenderSizeOptions): RenderSize | null {
    if (!(renderScale >= MIN_RENDER_SCALE && renderScale <= 1)) {
      throw MeshError.badInput(`renderScale must be a number from ${MIN_RENDER_SCALE} to 1, not ${renderScale}.`);
    }
    if (renderScale === 1) return null;
    if (!(element instanceof HTMLCanvasElement)) {
      throw MeshError.badInput('A video has the size in which it was made. Leave out renderScale.');
    }
    const density = resize ? densityByCall(element, resize) : densityOf(renderer);
    if (density) return new RenderSize(element, density, renderScale);
    throw MeshError.badInput(
      'renderScale needs to know whom to tell. Pass `renderer` (of three.js, Babylon.js, PixiJS or Unity, or `window` for engines that read devicePixelRatio in each frame) or a function `resize`.',
    );
  }

  private constructor(element: HTMLCanvasElement, density: DrawnDensity, scale: number) {
    this.#element = element;
    this.#density = density;
    this.#scale = scale;
  }

  /** Has the smaller picture drawn. To be called repeatedly: the page may tell its engine another size. */
  shrink(): void {
    const { clientWidth, clientHeight } = this.#element;
    if (clientWidth === 0 || clientHeight === 0) return;
    if (this.#told !== null && Math.abs(this.#density.read() - this.#told) < 1e-3) return;
    this.#density.write(this.#density.full() * this.#scale);
    // A canvas without a size of its own in CSS is as large as its pixels.
    this.#pin('width', clientWidth, this.#element.clientWidth);
    this.#pin('height', clientHeight, this.#element.clientHeight);
    this.#told = this.#density.read();
  }

  /** Has the full picture drawn again. */
  restore(): void {
    if (this.#told === null) return;
    this.#told = null;
    for (const { property, before, now } of this.#pinned.splice(0)) {
      // Unless the page has set another one meanwhile.
      if (this.#element.style[property] === now) this.#element.style[property] = before;
    }
    this.#density.restore();
  }

  #pin(property: 'width' | 'height', wantedPx: number, isPx: number): void {
    if (isPx === wantedPx) return;
    const { style } = this.#element;
    const now = `${wantedPx}px`;
    this.#pinned.push({ property, before: style[property], now });
    style[property] = now;
  }
}

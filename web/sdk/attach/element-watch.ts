import { CanvasProbe } from './canvas-probe.ts';
import type { Picture } from './overlay.ts';

/** How long a video shows its controls after the pointer has moved over it, ms; browsers take about three seconds. */
const CONTROLS_MS = 3_000;

export interface ElementListener {
  /** In each frame of the screen while the element can be seen. */
  onFrame(): void;
  /** The element cannot be seen any more. */
  onUnseen(): void;
  /** Its size or its place in the page has changed. */
  onStyle(): void;
  /** A video has got another source. */
  onSource(): void;
}

/** Watches an element of the page: no frame is spent on one that nobody sees. */
export class ElementWatch {
  readonly #element: Picture;
  readonly #now: () => number;
  readonly #listener: ElementListener;
  readonly #listening = new AbortController();
  readonly #sight: IntersectionObserver;
  readonly #size: ResizeObserver;
  readonly #probe: CanvasProbe | null;
  #isIntersecting = true;
  #isEmptied = false;
  #pointerMs = Number.NEGATIVE_INFINITY;
  #frame: number | null = null;

  constructor(element: Picture, now: () => number, listener: ElementListener) {
    this.#element = element;
    this.#now = now;
    this.#listener = listener;
    this.#sight = new IntersectionObserver((entries) => {
      this.#isIntersecting = entries.at(-1)?.isIntersecting ?? false;
      this.#sightChanged();
    });
    this.#sight.observe(element);
    this.#size = new ResizeObserver(() => listener.onStyle());
    this.#size.observe(element);
    const { signal } = this.#listening;
    document.addEventListener('visibilitychange', () => this.#sightChanged(), { signal });
    document.addEventListener('fullscreenchange', () => listener.onStyle(), { signal });
    this.#probe = element instanceof HTMLCanvasElement ? new CanvasProbe(element) : null;
    if (element instanceof HTMLVideoElement) this.#watchVideo(element, signal);
    this.#sightChanged();
  }

  /** Why nothing may lie over the element; empty if it may. */
  get obstacle(): string {
    if (!(this.#element instanceof HTMLVideoElement)) return this.#probe?.obstacle(this.#now()) ?? '';
    if (document.pictureInPictureElement === this.#element) return 'The video plays in a window of its own.';
    if (this.#isEmptied) return 'The video has no picture yet.';
    const showsControls = this.#element.paused || this.#now() - this.#pointerMs < CONTROLS_MS;
    return this.#element.controls && showsControls ? 'The video shows its controls.' : '';
  }

  stop(): void {
    this.#listening.abort();
    this.#sight.disconnect();
    this.#size.disconnect();
    this.#isIntersecting = false;
    this.#cancelFrame();
  }

  #watchVideo(video: HTMLVideoElement, signal: AbortSignal): void {
    const pointed = () => {
      this.#pointerMs = this.#now();
    };
    video.addEventListener('pointermove', pointed, { signal, passive: true });
    video.addEventListener('pointerdown', pointed, { signal, passive: true });
    video.addEventListener('emptied', () => this.#emptied(true), { signal });
    video.addEventListener('loadeddata', () => this.#isEmptied && this.#emptied(false), { signal });
  }

  #emptied(isEmptied: boolean): void {
    this.#isEmptied = isEmptied;
    if (!isEmptied) this.#listener.onSource();
  }

  #sightChanged(): void {
    const isSeen = this.#isIntersecting && !document.hidden && !this.#listening.signal.aborted;
    if (isSeen) this.#frame ??= requestAnimationFrame(this.#onFrame);
    else if (this.#frame !== null) {
      this.#cancelFrame();
      this.#listener.onUnseen();
    }
  }

  readonly #onFrame = () => {
    this.#frame = requestAnimationFrame(this.#onFrame);
    this.#listener.onFrame();
  };

  #cancelFrame(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }
}

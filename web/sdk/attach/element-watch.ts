import { CanvasProbe } from './canvas-probe.ts';
import type { Picture } from './overlay.ts';

/** How long a video shows its controls after the pointer has moved over it, ms; browsers take about three seconds. */
const CONTROLS_MS = 3_000;

/** Why a video gives a stream no frames. What was opened before gives none afterwards either. */
const NO_PICTURE = 'The video has no picture yet.';
const ENDED = 'The video has ended.';

export interface ElementListener {
  /** In each frame of the screen while the element can be seen. */
  onFrame(): void;
  /** The element cannot be seen any more. */
  onUnseen(): void;
  /** Its size or its place in the page has changed. */
  onStyle(): void;
  /** A video has got another source, or is played again after its end. */
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
  /** Why a video gives no frames now; empty if it does. */
  #interruption: '' | typeof NO_PICTURE | typeof ENDED = '';
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
    if (this.#interruption) return this.#interruption;
    const showsControls = this.#element.paused || this.#now() - this.#pointerMs < CONTROLS_MS;
    return this.#element.controls && showsControls ? 'The video shows its controls.' : '';
  }

  /** Whether the element can be seen, and each frame of the screen is told. */
  get isSeen(): boolean {
    return this.#frame !== null;
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
    const interrupted = (why: typeof NO_PICTURE | typeof ENDED) => {
      this.#interruption = why;
    };
    // Events before this one were missed: opening the stream took a moment.
    if (video.ended) interrupted(ENDED);
    else if (video.readyState === HTMLMediaElement.HAVE_NOTHING) interrupted(NO_PICTURE);
    video.addEventListener('emptied', () => interrupted(NO_PICTURE), { signal });
    video.addEventListener('ended', () => interrupted(ENDED), { signal });
    video.addEventListener('loadeddata', () => this.#resumed(NO_PICTURE), { signal });
    // A replay neither empties nor loads the video. One that is moved to its very end is not played again.
    const replayed = () => {
      if (!video.ended) this.#resumed(ENDED);
    };
    for (const type of ['play', 'seeked']) video.addEventListener(type, replayed, { signal });
  }

  #resumed(after: typeof NO_PICTURE | typeof ENDED): void {
    if (this.#interruption !== after) return;
    this.#interruption = '';
    this.#listener.onSource();
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

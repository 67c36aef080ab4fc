import { blank, type Comparison, type Painter, paintSplit } from './comparison.ts';
import type { Size } from './source.ts';

const FPS = 30;
/** Encoded in software beside everything else on most machines: 720p is what that bears. */
const MAX_SIDE = 1_280;

/** Draws what the page shows over and over, for a recorder to film. */
export class ClipCanvas {
  readonly stream: MediaStream;
  readonly #painter: Painter;
  readonly #now: () => Comparison | null;
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param now - what is shown now; null while there is nothing: the last picture then stands */
  constructor(size: Size, now: () => Comparison | null) {
    this.#painter = blank(clipSize(size));
    this.#now = now;
    this.stream = this.#painter.canvas.captureStream(FPS);
    this.#draw();
    // Not by animation frames: on a busy machine the screen's come seldom, and the clip would with them.
    this.#timer = setInterval(() => this.#draw(), 1_000 / FPS);
  }

  /** The last picture stands from here on. */
  hold(): void {
    clearInterval(this.#timer);
  }

  dispose(): void {
    this.hold();
    for (const track of this.stream.getTracks()) track.stop();
  }

  #draw(): void {
    const shown = this.#now();
    if (shown) paintSplit(this.#painter, shown);
  }
}

/** Even, as codecs want it. */
export function clipSize({ width, height }: Size): Size {
  const fit = Math.min(1, MAX_SIDE / Math.max(width, height));
  const even = (side: number) => Math.max(2, 2 * Math.round((side * fit) / 2));
  return { width: even(width), height: even(height) };
}

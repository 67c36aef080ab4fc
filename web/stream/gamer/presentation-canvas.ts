import { lacking } from '../../../shared/browser-needs.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { UpscaledFrame } from '../frame.ts';
import type { StreamSize } from '../frame-size.ts';
import type { BeforeView, FramePair } from './before-view.ts';
import type { StreamStatistics } from './stream-statistics.ts';

/** What is known of a frame that is shown. */
export type ShownFrame = Pick<UpscaledFrame, 'frameId' | 'outcome' | 'volunteerId' | 'stagesAt'>;

export interface PresentationCanvasOptions {
  clock: Clock;
  canvas: OffscreenCanvas;
  statistics: StreamStatistics;
}

/** The output canvas. A frame older than the one that it shows is not drawn. */
export class PresentationCanvas {
  /** Output size. The canvas is resized when the next frame is drawn, since resizing blanks it. */
  size: StreamSize | null = null;
  /** Shows the same frames as they were captured; null until somebody asks for them. */
  before: BeforeView | null = null;
  readonly #options: PresentationCanvasOptions;
  readonly #context: OffscreenCanvasRenderingContext2D;
  #newestFrameId = -1;
  /** Resized since the last frame was drawn. */
  #isBlank = true;
  #shownMs: number;
  #shown: ShownFrame | null = null;

  /** Throws MeshError `unsupported-browser`. */
  constructor(options: PresentationCanvasOptions) {
    // Opaque: video frames have no alpha, and the compositor need not blend.
    const context = options.canvas.getContext('2d', { alpha: false });
    if (!context) throw lacking('workerDrawing');
    this.#options = options;
    this.#context = context;
    this.#shownMs = options.clock.now();
  }

  /** Id of the frame on the screen, or being drawn; -1 before the first. */
  get newestFrameId(): number {
    return this.#newestFrameId;
  }

  /** When the frame on the screen was drawn; before the first, when the stream was opened. */
  get shownMs(): number {
    return this.#shownMs;
  }

  /** What is on the screen; null before the first frame. */
  get shown(): ShownFrame | null {
    return this.#shown;
  }

  /** Takes ownership of a picture and draws it, stretched, unless a newer one is on the screen. */
  show({ frame, ...shown }: UpscaledFrame): void {
    try {
      if (shown.frameId <= this.#newestFrameId) return;
      const context = this.begin(shown.frameId);
      context?.drawImage(frame, 0, 0, context.canvas.width, context.canvas.height);
      this.drawn(shown);
    } finally {
      frame.close();
    }
  }

  /** Where to draw this frame; null if a newer one is on the screen. Call {@link drawn} when it is drawn. */
  begin(frameId: number): OffscreenCanvasRenderingContext2D | null {
    if (frameId < this.#newestFrameId) return null;
    this.#newestFrameId = frameId;
    const { canvas } = this.#options;
    if (this.size) {
      const { outWidth, outHeight } = this.size;
      if (canvas.width !== outWidth || canvas.height !== outHeight) {
        Object.assign(canvas, { width: outWidth, height: outHeight });
        this.#isBlank = true;
      }
    }
    return this.#context;
  }

  drawn(shown: ShownFrame): void {
    const { clock, statistics } = this.#options;
    this.#shownMs = clock.now();
    this.#shown = shown;
    this.#isBlank = false;
    this.before?.show(shown.frameId);
    statistics.presented(shown, shown.stagesAt(this.#shownMs));
  }

  /** Copies of both pictures of the frame on the screen; null while there is none, or it was captured before {@link before} was asked for. */
  async pair(): Promise<FramePair | null> {
    const shown = this.#shown;
    if (!shown || this.#isBlank || this.before?.shownFrameId !== shown.frameId) return null;
    // Both are taken at once; what is drawn while they are being made does not count.
    const taken = [createImageBitmap(this.before.canvas), createImageBitmap(this.#options.canvas)] as const;
    try {
      const [before, after] = await Promise.all(taken);
      return { before, after, quality: shown.outcome?.quality ?? null, volunteerId: shown.volunteerId };
    } catch (cause) {
      // There may be memory for one of them.
      for (const picture of taken) {
        picture.then(
          (made) => made.close(),
          () => {},
        );
      }
      throw cause;
    }
  }
}

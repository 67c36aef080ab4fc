import { lacking } from '../../../shared/browser-needs.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { sizeOf } from '../frame-size.ts';

/** Frames that may be on the way to the screen at a time: half a second at 60 fps, as long as a volunteer's picture is waited for. */
const MAX_FRAMES = 32;
/** Bytes that their copies may take: those of 32 frames of 1080p. */
const MAX_BYTES = 32 * 4 * 1920 * 1080;

/** A frame that a stream shows, before and after. The receiver closes both pictures. */
export interface FramePair {
  /** As captured. */
  before: ImageBitmap;
  /** As shown. */
  after: ImageBitmap;
  /** The quality it was sharpened with, here or by the detail of a volunteer; null if it was only enlarged. */
  quality: Quality | null;
  /** Null: nobody's but this machine's. */
  volunteerId: string | null;
}

interface Kept {
  frameId: number;
  picture: ImageBitmap;
}

/**
 * The source's frames as they were captured, on a canvas of their own: always the one that the stream's canvas shows. Copies of frames that
 * are on the way are kept until one of them, or a newer one, is shown; so no frame of the source stays open, which would make it stall.
 */
export class BeforeView {
  readonly #canvas: OffscreenCanvas;
  readonly #context: ImageBitmapRenderingContext;
  readonly #drawing: OffscreenCanvas;
  readonly #drawingContext: OffscreenCanvasRenderingContext2D;
  /** Oldest first. */
  #kept: Kept[] = [];
  #shownFrameId = -1;

  /** Throws MeshError `unsupported-browser`. */
  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext('bitmaprenderer');
    this.#drawing = new OffscreenCanvas(1, 1);
    const drawingContext = this.#drawing.getContext('2d', { alpha: false });
    if (!context || !drawingContext) {
      throw lacking('workerDrawing');
    }
    this.#canvas = canvas;
    this.#context = context;
    this.#drawingContext = drawingContext;
  }

  /** Id of the frame on the canvas; -1 before the first. */
  get shownFrameId(): number {
    return this.#shownFrameId;
  }

  get canvas(): OffscreenCanvas {
    return this.#canvas;
  }

  /** Copies a frame, which the caller still owns. Its id is higher than all before. */
  keep(frameId: number, frame: VideoFrame): void {
    const { width, height } = sizeOf(frame);
    Object.assign(this.#drawing, { width, height });
    this.#drawingContext.drawImage(frame, 0, 0, width, height);
    this.#kept.push({ frameId, picture: this.#drawing.transferToImageBitmap() });
    while (this.#kept.length > MAX_FRAMES || this.#keptBytes > MAX_BYTES) this.#release(1);
  }

  /** The stream's canvas shows this frame now. Does nothing for one that is no longer kept, or that was shown before. */
  show(frameId: number): void {
    const at = this.#kept.findIndex((kept) => kept.frameId === frameId);
    const shown = this.#kept[at];
    if (!shown) return;
    this.#kept.splice(at, 1);
    this.#release(at);
    const { width, height } = shown.picture;
    // Browsers differ in whether the canvas takes the picture's size over. Setting it blanks the canvas, if only for a moment.
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#context.transferFromImageBitmap(shown.picture);
    this.#shownFrameId = frameId;
  }

  /** The last picture stays on the canvas. */
  dispose(): void {
    this.#release(this.#kept.length);
  }

  get #keptBytes(): number {
    return this.#kept.reduce((sum, { picture }) => sum + 4 * picture.width * picture.height, 0);
  }

  /** Releases the oldest. */
  #release(count: number): void {
    for (const { picture } of this.#kept.splice(0, count)) picture.close();
  }
}

import { MeshError } from '../../../shared/errors.ts';

/** Shows frames on the output canvas, each newer than the one before. */
export class Presenter {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  #newestFrameId = -1;

  constructor(canvas: OffscreenCanvas) {
    // Opaque: frames of a video have no alpha, and the compositor need not blend.
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new MeshError('unsupported-browser', 'This browser cannot draw on a canvas in a worker.');
    this.#canvas = canvas;
    this.#context = context;
  }

  /** The newest frame shown; -1 before the first. */
  get newestFrameId(): number {
    return this.#newestFrameId;
  }

  /** A new size blanks a canvas: the caller draws a frame of that size in the same task. */
  resize(width: number, height: number): void {
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
  }

  /** Draws the frame, stretched to the canvas where it is not its size; false if a newer one was shown before. The caller closes it. */
  show(frame: VideoFrame, frameId: number): boolean {
    if (frameId <= this.#newestFrameId) return false;
    this.#newestFrameId = frameId;
    const { width, height } = this.#canvas;
    this.#context.drawImage(frame, 0, 0, width, height);
    return true;
  }
}

import { MeshError } from '../../../shared/errors.ts';
import { STREAM } from '../tuning.ts';

const { width: WIDTH, height: HEIGHT } = STREAM.thumbnail;

/** Brightness of a picture's cells, row by row, 0..255: {@link STREAM.thumbnail} of them, whatever its size and shape. */
export type Thumbnail = Float32Array;

/** Makes pictures small enough to be looked at. */
export class Thumbnails {
  readonly #context: OffscreenCanvasRenderingContext2D;

  /** Throws MeshError `unsupported-browser`. */
  constructor() {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    // In memory: most decoders give frames that lie there, and the cells are read back at once.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) {
      throw new MeshError(
        'unsupported-browser',
        'This browser draws nothing in a worker. Use a current Chrome or Edge.',
      );
    }
    context.imageSmoothingQuality = 'high';
    this.#context = context;
  }

  /** The frame stays the caller's. */
  of(frame: VideoFrame): Thumbnail {
    this.#context.drawImage(frame, 0, 0, WIDTH, HEIGHT);
    const { data } = this.#context.getImageData(0, 0, WIDTH, HEIGHT);
    // BT.709; which weights they are matters to nobody, as long as both pictures are looked at with the same.
    return Float32Array.from(
      { length: WIDTH * HEIGHT },
      (_, cell) =>
        0.2126 * (data[4 * cell] ?? 0) + 0.7152 * (data[4 * cell + 1] ?? 0) + 0.0722 * (data[4 * cell + 2] ?? 0),
    );
  }
}

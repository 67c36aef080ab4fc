import { lacking } from '../../../shared/browser-needs.ts';
import { lumaOf } from '../../../shared/detail.ts';
import { CheckStreak } from '../../../shared/reputation.ts';

/** Cells of a thumbnail. A cell covers some hundred pixels of a frame, whose coding errors cancel out. */
export const THUMBNAIL_SIZE = { width: 64, height: 36 };
const { width: WIDTH, height: HEIGHT } = THUMBNAIL_SIZE;

/**
 * Pictures less similar than this show something else. Motion of half a second leaves 0.55 at most, coding at 300 kb/s 0.85 at least; the
 * threshold is closer to the former, so that honest volunteers are safe.
 */
export const MIN_SIMILARITY = 0.5;
/** Uplink bits a pixel below which an honest picture may be too blurred to judge: 640x360 at 20 fps has this with 300 kb/s. */
export const MIN_BITS_PER_PIXEL_TO_JUDGE = 0.065;
/** Root mean square of the local contrast, in steps of 8 bits, above which a picture has content to compare. */
const MIN_CONTRAST = 2;
/** A picture of an even source frame with more contrast than this shows something else: coding adds far less. */
const FOREIGN_CONTRAST = 4 * MIN_CONTRAST;

/** Brightness of a picture's cells, row by row, 0..255. Its size is {@link THUMBNAIL_SIZE}, whatever the picture's. */
export type Thumbnail = Float32Array;

/** `doubtful`: do not show the picture. `wrong`: a second doubtful picture, which fails the volunteer. */
export type PictureVerdict = 'right' | 'doubtful' | 'wrong';

/**
 * Checks whether a volunteer's pictures show what it was sent. They were encoded twice on the way, so thumbnails are compared instead of
 * pixels. A single doubtful picture may be a decoder's glitch: afterwards every picture is checked until the volunteer is trusted again,
 * and a second doubtful one before that is wrong. Which frames are checked is decided as in {@link CheckStreak}.
 */
export class PictureCheck {
  readonly #random: () => number;
  readonly #streak = new CheckStreak();
  #thumbnails: ThumbnailMaker | null = null;
  #isDoubted = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Thumbnail of a source frame whose answer is to be checked; null when it is not: too few bits to judge, or not this frame's turn.
   *
   * @param bitsPerPixel - on the uplink. Throws MeshError `unsupported-browser`.
   */
  before(source: VideoFrame, bitsPerPixel: number): Thumbnail | null {
    if (bitsPerPixel < MIN_BITS_PER_PIXEL_TO_JUDGE || !this.#streak.isDue(this.#random)) return null;
    this.#thumbnails ??= new ThumbnailMaker();
    return this.#thumbnails.make(source);
  }

  /** @param source - thumbnail of the frame that `picture` answers; null when the answer is not checked. */
  after(source: Thumbnail | null, picture: VideoFrame): PictureVerdict {
    const alike = source && this.#thumbnails ? similarity(source, this.#thumbnails.make(picture)) : null;
    if (alike === null) return 'right';
    if (alike >= MIN_SIMILARITY) {
      this.#streak.right();
      this.#isDoubted &&= this.#streak.isNew;
      return 'right';
    }
    this.#streak.wrong();
    const isSecond = this.#isDoubted;
    this.#isDoubted = true;
    return isSecond ? 'wrong' : 'doubtful';
  }
}

/**
 * Similarity of two pictures: the correlation of their cells after a local high-pass. 1 for the same picture, 0 and below for different
 * ones, null if the first is too even to tell. Brightness, contrast, value range, blur and coding blocks hardly change it; only the
 * position of things counts. Measured on a racing game at 20 fps: pictures half a second apart have at most 0.55, pictures encoded twice
 * by H.264 at 300 kb/s at least 0.85.
 */
export function similarity(first: Thumbnail, second: Thumbnail): number | null {
  let product = 0;
  let firstPower = 0;
  let secondPower = 0;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const a = localContrast(first, x, y);
      const b = localContrast(second, x, y);
      product += a * b;
      firstPower += a * a;
      secondPower += b * b;
    }
  }
  const cells = WIDTH * HEIGHT;
  if (firstPower < cells * MIN_CONTRAST ** 2) return secondPower < cells * FOREIGN_CONTRAST ** 2 ? null : 0;
  return secondPower === 0 ? 0 : product / Math.sqrt(firstPower * secondPower);
}

/** A cell minus the mean of its 3x3 neighbourhood; cells on the edge repeat. */
function localContrast(cells: Thumbnail, x: number, y: number): number {
  let sum = 0;
  for (let dy = -1; dy <= 1; dy++) {
    const row = Math.min(HEIGHT - 1, Math.max(0, y + dy)) * WIDTH;
    for (let dx = -1; dx <= 1; dx++) sum += cells[row + Math.min(WIDTH - 1, Math.max(0, x + dx))] ?? 0;
  }
  return (cells[y * WIDTH + x] ?? 0) - sum / 9;
}

class ThumbnailMaker {
  readonly #context: OffscreenCanvasRenderingContext2D;

  /** Throws MeshError `unsupported-browser`. */
  constructor() {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    // In main memory: most decoded frames are there, and the cells are read back at once.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) {
      throw lacking('workerDrawing');
    }
    context.imageSmoothingQuality = 'high';
    this.#context = context;
  }

  /** The caller keeps the frame. */
  make(frame: VideoFrame): Thumbnail {
    this.#context.drawImage(frame, 0, 0, WIDTH, HEIGHT);
    const { data } = this.#context.getImageData(0, 0, WIDTH, HEIGHT);
    return Float32Array.from({ length: WIDTH * HEIGHT }, (_, cell) =>
      lumaOf(data[4 * cell] ?? 0, data[4 * cell + 1] ?? 0, data[4 * cell + 2] ?? 0),
    );
  }
}

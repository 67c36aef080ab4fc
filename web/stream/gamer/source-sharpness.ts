import { LUMA_WEIGHTS } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { RgbaReader } from '../../compute/video-frames.ts';

const log = logger('stream.sharpness');

/** How often a frame is measured, ms: sources change how sharp they are when a game changes its settings, or a camera its focus. */
const INTERVAL_MS = 1_000;
/** Every which row is measured: a sample is enough. */
const ROW_STEP = 4;
/** Mean square of the differences below which a picture has nothing to measure, steps of 255. */
const MIN_ENERGY = 1;

/**
 * How sharp a picture is for its size: the energy of its second differences by that of its first ones. Neighbours that have nothing to do with
 * each other give 3; games drawn at this size 1.6 to 1.9; pictures that were blurred or enlarged before 1.1 and less. Null for a picture without edges.
 */
export function sharpnessOf({ width, height, data }: PixelImage): number | null {
  let first = 0;
  let second = 0;
  let count = 0;
  const luma = (x: number, y: number) => {
    const at = (y * width + x) * 4;
    const { red, green, blue } = LUMA_WEIGHTS;
    return red * (data[at] ?? 0) + green * (data[at + 1] ?? 0) + blue * (data[at + 2] ?? 0);
  };
  for (let y = 1; y < height - 1; y += ROW_STEP) {
    for (let x = 1; x < width - 1; x++) {
      const here = luma(x, y);
      const across = luma(x + 1, y) - here;
      const down = luma(x, y + 1) - here;
      first += across * across + down * down;
      second += (across - here + luma(x - 1, y)) ** 2 + (down - here + luma(x, y - 1)) ** 2;
      count++;
    }
  }
  return first < MIN_ENERGY * count || count === 0 ? null : second / first;
}

/** Measures now and then how sharp a stream's source is. */
export class SourceSharpness {
  readonly #now: () => number;
  readonly #reader = new RgbaReader();
  #value: number | null = null;
  #nextMs = Number.NEGATIVE_INFINITY;
  #isReading = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** As {@link sharpnessOf}; null before the first picture with edges. */
  get value(): number | null {
    return this.#value;
  }

  /** Offers a frame of the source. The caller keeps it. */
  offer(frame: VideoFrame): void {
    if (this.#isReading || this.#now() < this.#nextMs) return;
    this.#nextMs = this.#now() + INTERVAL_MS;
    void this.#measure(frame.clone());
  }

  async #measure(frame: VideoFrame): Promise<void> {
    this.#isReading = true;
    try {
      this.#value = sharpnessOf(await this.#reader.read(frame)) ?? this.#value;
    } catch (cause) {
      log.debug('not measured', { reason: MeshError.from(cause).reason });
    } finally {
      this.#isReading = false;
      frame.close();
    }
  }
}

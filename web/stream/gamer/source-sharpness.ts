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
/** Smallest difference between neighbours that counts as an edge, steps of 255: below it is texture and noise. */
const MIN_STEP = 12;
/** Pixels before and after an edge's own two that belong to it. */
const REACH = 2;
/** Edges below which a picture has nothing to measure. */
const MIN_EDGES = 32;

/**
 * How sharp a picture is for its size: the share of an edge's height, within six pixels across it, that lies between two neighbours; the mean
 * of all edges. Games drawn at this size have 0.59 to 0.75, pictures that were blurred by less than a pixel 0.5 to 0.6, and those that were enlarged before
 * 0.36 to 0.54. Null for a picture without edges.
 */
export function sharpnessOf(picture: PixelImage): number | null {
  const { width, height } = picture;
  const luma = lumaOf(picture);
  let sum = 0;
  let count = 0;
  const measure = (at: number, step: number) => {
    const share = shareOfEdge(luma, at, step);
    if (share === 0) return;
    sum += share;
    count++;
  };
  for (let y = REACH; y < height - REACH - 1; y += ROW_STEP) {
    for (let x = REACH; x < width - REACH - 1; x++) {
      measure(y * width + x, 1);
      measure(y * width + x, width);
    }
  }
  return count < MIN_EDGES ? null : sum / count;
}

/** 0 where there is no edge, or a steeper one beside. */
function shareOfEdge(luma: Float32Array, at: number, step: number): number {
  const value = (offset: number) => luma[at + offset * step] ?? 0;
  const rise = Math.abs(value(1) - value(0));
  if (rise < MIN_STEP || rise < Math.abs(value(0) - value(-1)) || rise <= Math.abs(value(2) - value(1))) return 0;
  let [lowest, highest] = [255, 0];
  for (let offset = -REACH; offset <= REACH + 1; offset++) {
    lowest = Math.min(lowest, value(offset));
    highest = Math.max(highest, value(offset));
  }
  return rise / (highest - lowest);
}

function lumaOf({ width, height, data }: PixelImage): Float32Array {
  const { red, green, blue } = LUMA_WEIGHTS;
  const luma = new Float32Array(width * height);
  for (let i = 0, at = 0; i < luma.length; i++, at += 4) {
    luma[i] = red * (data[at] ?? 0) + green * (data[at + 1] ?? 0) + blue * (data[at + 2] ?? 0);
  }
  return luma;
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

import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { sizeOf } from '../frame-size.ts';
import { type LumaPlane, LumaReader } from '../verify/luma-reader.ts';

const log = logger('stream.sharpness');

/** How often a frame is measured, ms: sources change how sharp they are when a game changes its settings, or a camera its focus. */
const INTERVAL_MS = 1_000;
/** Weight of a further measurement of the same picture: each looks at other rows, and a picture that stands still must not change with them. */
const SMOOTHING = 0.3;
/** Pixels that are measured, and the least distance of their rows: a sample is enough, and a large picture must not hold up the stream's frames. */
const MAX_SAMPLES = 40_000;
const MIN_ROW_STEP = 4;
/** Smallest difference between neighbours that counts as an edge, 8-bit levels: below it is texture and noise. */
const MIN_STEP = 12;
/** Pixels before and after an edge's own two that belong to it. */
const REACH = 2;
const AROUND = [-2, -1, 0, 1, 2, 3];
/** Edges below which a picture has nothing to measure. */
const MIN_EDGES = 32;

/** Rows to measure, and those around them that {@link sharpnessOf} looks at. */
interface MeasuredRows {
  rows: readonly number[];
  around: readonly number[];
}

/** Rows at even distances, from a random one on. */
export function measuredRows({ width, height }: PictureSize, random: () => number): MeasuredRows {
  const step = Math.max(MIN_ROW_STEP, Math.ceil((width * height) / MAX_SAMPLES));
  const rows: number[] = [];
  for (let y = REACH + Math.floor(random() * step); y < height - REACH - 1; y += step) rows.push(y);
  return { rows, around: rows.flatMap((row) => AROUND.map((distance) => row + distance)) };
}

/**
 * How sharp a picture is for its size: the share of an edge's height, within six pixels across it, that lies between two neighbours; the mean
 * of all edges. Games drawn at this size have 0.59 to 0.75, pictures that were blurred by less than a pixel 0.5 to 0.6, and those that were enlarged before
 * 0.36 to 0.54. Null for a picture without edges.
 *
 * @param rows - of {@link measuredRows}.
 */
export function sharpnessOf({ width, bytes, offset, stride }: LumaPlane, rows: readonly number[]): number | null {
  let [sum, count] = [0, 0];
  for (const y of rows) {
    const start = offset + y * stride;
    for (let at = start + REACH; at < start + width - REACH - 1; at++) {
      const across = shareOfEdge(bytes, at, 1);
      const upright = shareOfEdge(bytes, at, stride);
      sum += across + upright;
      count += Number(across > 0) + Number(upright > 0);
    }
  }
  return count < MIN_EDGES ? null : sum / count;
}

/** 0 where there is no edge, or a steeper one beside. */
function shareOfEdge(luma: Uint8Array, at: number, step: number): number {
  const here = luma[at] ?? 0;
  const next = luma[at + step] ?? 0;
  const rise = Math.abs(next - here);
  if (rise < MIN_STEP) return 0;
  const before = luma[at - step] ?? 0;
  const after = luma[at + 2 * step] ?? 0;
  if (rise < Math.abs(here - before) || rise <= Math.abs(after - next)) return 0;
  const [first, last] = [luma[at - 2 * step] ?? 0, luma[at + 3 * step] ?? 0];
  return rise / (Math.max(first, before, here, next, after, last) - Math.min(first, before, here, next, after, last));
}

/** {@link sharpnessOf} a frame, which the caller closes. Throws as {@link LumaReader.read} does. */
export async function frameSharpness(
  frame: VideoFrame,
  reader: LumaReader,
  random: () => number,
): Promise<number | null> {
  const { rows, around } = measuredRows(sizeOf(frame), random);
  const luma = await reader.read(frame, around);
  return luma && sharpnessOf(luma, rows);
}

/** Measures now and then how sharp a stream's source is. */
export class SourceSharpness {
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #reader = new LumaReader();
  #value: number | null = null;
  #nextMs = Number.NEGATIVE_INFINITY;
  #isReading = false;
  /** Whether the frames since the last measurement repeat what was measured. */
  #isSamePicture = false;

  constructor(now: () => number, random: () => number) {
    this.#now = now;
    this.#random = random;
  }

  /** As {@link sharpnessOf}; null before the first picture with edges. */
  get value(): number | null {
    return this.#value;
  }

  /** Offers a frame of the source. The caller keeps it. @param isRepeat - whether it shows the same picture as the one before */
  offer(frame: VideoFrame, isRepeat: boolean): void {
    if (!isRepeat) this.#isSamePicture = false;
    if (this.#isReading || this.#now() < this.#nextMs) return;
    this.#nextMs = this.#now() + INTERVAL_MS;
    void this.#measure(frame.clone(), this.#isSamePicture ? SMOOTHING : 1);
    this.#isSamePicture = true;
  }

  async #measure(frame: VideoFrame, weight: number): Promise<void> {
    this.#isReading = true;
    try {
      const measured = await frameSharpness(frame, this.#reader, this.#random);
      if (measured === null) return;
      const known = this.#value ?? measured;
      this.#value = known + weight * (measured - known);
    } catch (cause) {
      log.debug('not measured', { reason: MeshError.from(cause).reason });
    } finally {
      this.#isReading = false;
      frame.close();
    }
  }
}

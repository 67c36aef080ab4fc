import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { InputKind } from '../../../shared/tasks/upscale.ts';
import { RgbaReader } from '../video-frames.ts';

/** Only every fourth row and column is inspected: 0.5 ms for 640x360, and thousands of edges. */
const LINE_STEP = 4;

/** Luma, of 255, by which the two sides of an edge differ. */
const EDGE_LUMA = 24;

/** Share of that difference by which the pixels of one side may differ. Keeps out noise and textures. */
const FLAT_WITHIN = 0.15;

/** Share of the edges with a pixel between their sides from which a picture is smooth. Misjudges 2 of 100 coded aliased frames, and no smooth one. */
const SMOOTH_FROM = 0.45;

/** Fewer edges say nothing; then little depends on the kind. */
const MIN_EDGES = 40;

/** Frames of a stream from one inspection to the next: a second at 60 frames a second, for an inspection is a copy out of the GPU. */
export const FRAMES_BETWEEN_INSPECTIONS = 60;

/**
 * Tells the two apart by lone edges: a step between two even areas. Where pixels are averages the edge falls within a pixel more
 * often than between two, and that pixel lies between both sides; one sample is of the one side or of the other. Of all frames in
 * training's data, coded ones included, `aliased` ones have such a pixel at 4-50 % of their edges, `smooth` ones at 50-76 %.
 */
export function inputKindOf({ width, height, data }: PixelImage): InputKind {
  const count: EdgeCount = { edges: 0, between: 0 };
  const step = LINE_STEP;
  for (let y = 0; y < height; y += step) countEdges(data, y * width * 4, 4, width, count);
  for (let x = 0; x < width; x += step) countEdges(data, x * 4, width * 4, height, count);
  if (count.edges < MIN_EDGES) return 'smooth';
  return count.between < count.edges * SMOOTH_FROM ? 'aliased' : 'smooth';
}

interface EdgeCount {
  edges: number;
  /** Of them those with a pixel between both sides. */
  between: number;
}

/** Along a line of `length` pixels, `stride` bytes apart. */
function countEdges(data: PixelImage['data'], start: number, stride: number, length: number, count: EdgeCount): void {
  if (length < 5) return;
  const lumaAt = (n: number) => {
    const at = start + n * stride;
    return 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  };
  let before = lumaAt(0);
  let left = lumaAt(1);
  let middle = lumaAt(2);
  let right = lumaAt(3);
  for (let n = 4; n < length; n++) {
    const after = lumaAt(n);
    const rise = right - left;
    const size = Math.abs(rise);
    const even = size * FLAT_WITHIN;
    if (size > EDGE_LUMA && Math.abs(left - before) < even && Math.abs(after - right) < even) {
      const share = (middle - left) / rise;
      // What overshoots is no step but a line.
      if (share > -0.25 && share < 1.25) {
        count.edges++;
        if (share > 0.2 && share < 0.8) count.between++;
      }
    }
    before = left;
    left = middle;
    middle = right;
    right = after;
  }
}

/**
 * The kind of a stream's pictures: the first is looked at, and one in {@link FRAMES_BETWEEN_INSPECTIONS} after it. It changes when
 * two looks in a row say so, for each change of weights can be seen.
 */
export class InputKindTracker {
  #kind: InputKind | null = null;
  #wasOther = false;
  #framesToLook = 0;

  /** Null before the first look. */
  get kind(): InputKind | null {
    return this.#kind;
  }

  /** Counts a picture: is it one to look at? */
  countFrame(): boolean {
    if (this.#framesToLook-- > 0) return false;
    this.#framesToLook = FRAMES_BETWEEN_INSPECTIONS - 1;
    return true;
  }

  look(image: PixelImage): InputKind {
    const seen = inputKindOf(image);
    const isOther = this.#kind !== null && seen !== this.#kind;
    if (this.#kind === null || (isOther && this.#wasOther)) this.#kind = seen;
    this.#wasOther = seen !== this.#kind;
    return this.#kind;
  }

  /** Of the stream's next picture, which is looked at if it is due. */
  of(image: PixelImage): InputKind {
    const countFrame = this.countFrame();
    return countFrame || this.#kind === null ? this.look(image) : this.#kind;
  }
}

/** The kind of a stream's frames where they lie on the GPU: looked at now and then, for a look is a copy out of it. */
export class FrameInputKindTracker {
  readonly #reader = new RgbaReader();
  readonly #memory = new InputKindTracker();
  #isLooking = false;

  /** Waits for the first frame to be looked at; later ones are looked at beside the work. Throws MeshError as the reader does. */
  async of(frame: VideoFrame): Promise<InputKind> {
    const countFrame = this.#memory.countFrame();
    const { kind } = this.#memory;
    if (kind === null) return this.#memory.look(await this.#reader.read(frame));
    if (countFrame && !this.#isLooking) void this.#lookBeside(frame.clone());
    return kind;
  }

  async #lookBeside(frame: VideoFrame): Promise<void> {
    this.#isLooking = true;
    try {
      this.#memory.look(await this.#reader.read(frame));
    } catch {
      // A frame that cannot be read says nothing; the next one will.
    } finally {
      frame.close();
      this.#isLooking = false;
    }
  }
}

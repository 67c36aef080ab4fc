import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { INPUT_KINDS, type InputKind } from '../../../shared/tasks/upscale.ts';
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

/** How far the share may be from {@link SMOOTH_FROM}, and by how much the edges may exceed {@link MIN_EDGES}, where the next picture may be of the other kind. */
const UNCERTAIN = { share: 0.1, edgesFactor: 2 } as const;

/** Frames of a stream from one inspection to the next: a second at 60 frames a second, for an inspection is a copy out of the GPU. */
export const FRAMES_BETWEEN_INSPECTIONS = 60;

/**
 * Tells aliased pictures (one sample a pixel) from smooth ones (anti-aliased or filmed) by isolated edges: a step between two even areas.
 * Where pixels are averages, an edge falls within a pixel more often than between two, and that pixel lies between both sides; a single
 * sample belongs to one side. Over all frames of the training data, coded ones included, `aliased` ones have such a pixel at 4-50 % of
 * their edges, `smooth` ones at 50-76 %.
 */
export function inputKindOf(image: PixelImage): InputKind {
  return kindOf(edgesIn(image));
}

/** The kinds that a picture, and those right before and after it, may be taken for: one, unless it is a close decision. */
export function possibleKindsOf(image: PixelImage): readonly InputKind[] {
  const count = edgesIn(image);
  const isClose = Math.abs(count.between / Math.max(1, count.edges) - SMOOTH_FROM) < UNCERTAIN.share;
  return isClose || count.edges < UNCERTAIN.edgesFactor * MIN_EDGES ? INPUT_KINDS : [kindOf(count)];
}

function kindOf({ edges, between }: EdgeCount): InputKind {
  if (edges < MIN_EDGES) return 'smooth';
  return between < edges * SMOOTH_FROM ? 'aliased' : 'smooth';
}

function edgesIn({ width, height, data }: PixelImage): EdgeCount {
  const count: EdgeCount = { edges: 0, between: 0 };
  const step = LINE_STEP;
  for (let y = 0; y < height; y += step) countEdges(data, y * width * 4, 4, width, count);
  for (let x = 0; x < width; x += step) countEdges(data, x * 4, width * 4, height, count);
  return count;
}

interface EdgeCount {
  edges: number;
  /** Edges with a pixel between their sides. */
  between: number;
}

/** Counts along a line of `length` pixels, `stride` bytes apart. */
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
      // An overshoot is a line and not a step.
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
 * The kind of a stream's pictures. Inspects the first picture, then one in {@link FRAMES_BETWEEN_INSPECTIONS}. The kind changes when two
 * inspections in a row agree, because each change of weights is visible.
 */
export class InputKindTracker {
  #kind: InputKind | null = null;
  #wasDifferent = false;
  #framesToInspection = 0;

  /** Null before the first inspection. */
  get kind(): InputKind | null {
    return this.#kind;
  }

  /** Counts a picture, and says whether it is to be inspected. */
  countFrame(): boolean {
    if (this.#framesToInspection-- > 0) return false;
    this.#framesToInspection = FRAMES_BETWEEN_INSPECTIONS - 1;
    return true;
  }

  inspect(image: PixelImage): InputKind {
    const seen = inputKindOf(image);
    const isDifferent = this.#kind !== null && seen !== this.#kind;
    if (this.#kind === null || (isDifferent && this.#wasDifferent)) this.#kind = seen;
    this.#wasDifferent = seen !== this.#kind;
    return this.#kind;
  }

  /** The kind of the stream's next picture, inspected if it is due. */
  of(image: PixelImage): InputKind {
    const isDue = this.countFrame();
    return isDue || this.#kind === null ? this.inspect(image) : this.#kind;
  }
}

/** The kind of a stream's frames that lie on the GPU. Inspections are rare, because each copies a frame out of it. */
export class FrameInputKindTracker {
  readonly #reader = new RgbaReader();
  readonly #tracker = new InputKindTracker();
  #isInspecting = false;

  /** Waits for the first frame to be inspected; later inspections run in parallel. Throws MeshError as {@link RgbaReader.read} does. */
  async of(frame: VideoFrame): Promise<InputKind> {
    const isDue = this.#tracker.countFrame();
    const { kind } = this.#tracker;
    if (kind === null) return this.#tracker.inspect(await this.#reader.read(frame));
    if (isDue && !this.#isInspecting) void this.#inspectInParallel(frame.clone());
    return kind;
  }

  async #inspectInParallel(frame: VideoFrame): Promise<void> {
    this.#isInspecting = true;
    try {
      this.#tracker.inspect(await this.#reader.read(frame));
    } catch {
      // A frame that cannot be read says nothing. The next one will.
    } finally {
      frame.close();
      this.#isInspecting = false;
    }
  }
}

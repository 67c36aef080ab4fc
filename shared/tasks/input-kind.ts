import type { PixelImage } from './definition.ts';

/** Kinds of source pixels. `aliased`: one sample each, as games render without anti-aliasing; `smooth`: an average over the pixel's area, as in films and photos. */
export const INPUT_KINDS = ['smooth', 'aliased'] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

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

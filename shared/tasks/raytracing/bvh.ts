import type { Steps } from '../definition.ts';

/** Numbers per box: minimum x, y, z and maximum x, y, z. */
export const BOX = 6;

/**
 * A bounding volume hierarchy with its nodes in depth-first order: the first child of a node follows it, and `second` is the index of the
 * other one. A leaf has 0 there, and its primitives are `order[first]` to `order[first + count - 1]`.
 */
export interface Bvh {
  boxes: Float64Array;
  second: Uint32Array;
  first: Uint32Array;
  count: Uint32Array;
  order: Uint32Array;
}

/** Most primitives in a leaf. */
const LEAF_SIZE = 4;
const BINS = 12;
/** Depth from which nodes are split in half at any cost, so that no tree is deeper than a traversal's stack ({@link MAX_DEPTH}). */
const MAX_UNEVEN_DEPTH = 40;
export const MAX_DEPTH = 64;

/** Builds a hierarchy by the surface area heuristic over bins of the longest axis (I. Wald, "On fast construction of SAH-based Bounding Volume Hierarchies", 2007). */
export function* buildBvh(primitives: Float64Array): Steps<Bvh> {
  const total = primitives.length / BOX;
  const nodes = Math.max(1, 2 * total);
  const bvh: Bvh = {
    boxes: new Float64Array(nodes * BOX),
    second: new Uint32Array(nodes),
    first: new Uint32Array(nodes),
    count: new Uint32Array(nodes),
    order: Uint32Array.from({ length: total }, (_, i) => i),
  };
  const waiting = [{ parent: -1, from: 0, to: total, depth: 0 }];
  let size = 0;
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    const { parent, from, to, depth } = part;
    const node = size++;
    // The first child is popped next and follows its parent; only the index of the second one must be stored.
    if (parent >= 0 && node !== parent + 1) bvh.second[parent] = node;
    surround(primitives, bvh, node, from, to);
    const middle = to - from <= LEAF_SIZE ? from : divide(primitives, bvh.order, { from, to }, depth);
    if (middle === from) {
      bvh.first[node] = from;
      bvh.count[node] = to - from;
    } else {
      waiting.push({ parent: node, from: middle, to, depth: depth + 1 });
      waiting.push({ parent: node, from, to: middle, depth: depth + 1 });
    }
    yield;
  }
  return bvh;
}

function surround(primitives: Float64Array, { boxes, order }: Bvh, node: number, from: number, to: number): void {
  const at = node * BOX;
  boxes.fill(Number.POSITIVE_INFINITY, at, at + 3).fill(Number.NEGATIVE_INFINITY, at + 3, at + BOX);
  for (let i = from; i < to; i++) grow(boxes, at, primitives, (order[i] ?? 0) * BOX);
}

function grow(boxes: Float64Array, at: number, others: Float64Array, other: number): void {
  for (let axis = 0; axis < 3; axis++) {
    boxes[at + axis] = Math.min(boxes[at + axis] ?? 0, others[other + axis] ?? 0);
    boxes[at + 3 + axis] = Math.max(boxes[at + 3 + axis] ?? 0, others[other + 3 + axis] ?? 0);
  }
}

/** Splits a range by reordering it. Returns the start of its second part. */
function divide(primitives: Float64Array, order: Uint32Array, range: { from: number; to: number }, depth: number) {
  const { from, to } = range;
  const { axis, least, extent } = longestAxis(primitives, order, range);
  const half = (from + to) >> 1;
  // All centres coincide: any split is as good.
  if (!(extent > 0)) return half;
  if (depth >= MAX_UNEVEN_DEPTH) {
    order.subarray(from, to).sort((a, b) => centre(primitives, a, axis) - centre(primitives, b, axis));
    return half;
  }
  const binOf = (primitive: number) =>
    Math.min(BINS - 1, Math.floor(((centre(primitives, primitive, axis) - least) / extent) * BINS));
  const bin = cheapestCut(primitives, order, range, binOf);
  let middle = from;
  for (let i = from; i < to; i++) {
    const primitive = order[i] ?? 0;
    if (binOf(primitive) > bin) continue;
    order[i] = order[middle] ?? 0;
    order[middle++] = primitive;
  }
  return middle === from || middle === to ? half : middle;
}

function longestAxis(primitives: Float64Array, order: Uint32Array, { from, to }: { from: number; to: number }) {
  let best = { axis: 0, least: 0, extent: -1 };
  for (let axis = 0; axis < 3; axis++) {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) {
      const at = centre(primitives, order[i] ?? 0, axis);
      if (at < least) least = at;
      if (at > most) most = at;
    }
    if (most - least > best.extent) best = { axis, least, extent: most - least };
  }
  return best;
}

/** Returns the last bin of the first part of the cheapest split. */
function cheapestCut(
  primitives: Float64Array,
  order: Uint32Array,
  { from, to }: { from: number; to: number },
  binOf: (primitive: number) => number,
): number {
  const empty = () =>
    Float64Array.of(
      ...Array<number>(3).fill(Number.POSITIVE_INFINITY),
      ...Array<number>(3).fill(Number.NEGATIVE_INFINITY),
    );
  const boxes = Array.from({ length: BINS }, empty);
  const counts = new Uint32Array(BINS);
  for (let i = from; i < to; i++) {
    const primitive = order[i] ?? 0;
    const bin = binOf(primitive);
    counts[bin] = (counts[bin] ?? 0) + 1;
    const box = boxes[bin];
    if (box) grow(box, 0, primitives, primitive * BOX);
  }
  const areaTimesCount = (bins: number[]) => {
    const whole = empty();
    let count = 0;
    return bins.map((bin) => {
      const box = boxes[bin];
      if (box && counts[bin]) grow(whole, 0, box, 0);
      count += counts[bin] ?? 0;
      return count === 0 ? 0 : count * areaOf(whole);
    });
  };
  const bins = Array.from({ length: BINS }, (_, bin) => bin);
  const before = areaTimesCount(bins);
  const after = areaTimesCount([...bins].reverse()).reverse();
  let best = 0;
  for (let bin = 0; bin + 1 < BINS; bin++) {
    const cost = (before[bin] ?? 0) + (after[bin + 1] ?? 0);
    if (cost < (before[best] ?? 0) + (after[best + 1] ?? 0)) best = bin;
  }
  return best;
}

function areaOf(box: Float64Array): number {
  const [minX = 0, minY = 0, minZ = 0, maxX = 0, maxY = 0, maxZ = 0] = box;
  const [x, y, z] = [maxX - minX, maxY - minY, maxZ - minZ];
  return x * y + y * z + z * x;
}

/** Twice the centre, which is only compared. */
function centre(primitives: Float64Array, primitive: number, axis: number): number {
  return (primitives[primitive * BOX + axis] ?? 0) + (primitives[primitive * BOX + 3 + axis] ?? 0);
}

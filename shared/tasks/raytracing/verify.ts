import { MeshError } from '../../errors.ts';
import type { PixelImage, Steps } from '../definition.ts';
import { Renderer, toSrgb8, type View } from './render.ts';
import { readScene } from './scene.ts';
import { Tracer } from './tracer.ts';

/** How much of a picture is checked, and how closely. */
export const PICTURE_CHECK = {
  /** Share of the pixels that is traced again, within the two bounds below. */
  checkedShare: 0.02,
  minCheckedPixels: 8,
  maxCheckedPixels: 128,
  /** Largest difference of a channel, of 255: half precision rounds by one step, and the sum of samples by another. */
  tolerance8bit: 3,
  /** Rays that pass an edge within this distance, in pixels, may fall on either side of it. */
  edgePixels: 0.02,
  /** One wrong pixel out of this many is accepted as an unforeseen case. */
  pixelsPerException: 64,
} as const;

/** Tracers by scene: the tiles of a picture share one, and building the tree of a large mesh takes as long as many pixels. */
const tracers = new WeakMap<readonly Uint8Array[], Tracer>();

/**
 * Checks random pixels of the tile by tracing them again. A pixel that differs may lie on the edge of an object, a shadow or a reflection:
 * its colour must then lie between those of its samples slightly to either side. Throws MeshError `verify-failed`.
 */
export function* verifyPicture(
  attachments: readonly Uint8Array[],
  view: View,
  image: PixelImage,
  random: () => number,
): Steps<void> {
  const tracer = tracers.get(attachments) ?? (yield* Tracer.make(readScene(attachments)));
  tracers.set(attachments, tracer);
  const renderer = new Renderer(view, tracer);
  const { tile } = view;
  const total = tile.width * tile.height;
  const wanted = Math.ceil(total * PICTURE_CHECK.checkedShare);
  const count = Math.min(total, PICTURE_CHECK.maxCheckedPixels, Math.max(PICTURE_CHECK.minCheckedPixels, wanted));
  let wrong = 0;
  for (let i = 0; i < count; i++) {
    // Stratified: one pixel of each section, so that no part of the picture is left out by chance.
    const at = Math.min(total - 1, Math.floor(((i + random()) * total) / count));
    const x = tile.x + (at % tile.width);
    const y = tile.y + Math.trunc(at / tile.width);
    const claimed = image.data.subarray(at * 4, at * 4 + 4);
    renderer.begin(x, y);
    while (!renderer.addSample()) if (renderer.isPauseDue()) yield;
    if (!isWithin(claimed, renderer.color, renderer.color) && !(yield* isOnEdge(renderer, view, x, y, claimed)))
      wrong++;
    yield;
  }
  if (wrong * PICTURE_CHECK.pixelsPerException > count) {
    throw MeshError.verifyFailed(`${wrong} of ${count} checked pixels of a ray-traced picture do not match the scene.`);
  }
}

/** Whether the claimed colour is possible if some rays pass an edge on the other side. */
function* isOnEdge(
  renderer: Renderer,
  view: View,
  x: number,
  y: number,
  claimed: Uint8Array | Uint8ClampedArray,
): Steps<boolean> {
  const { samplesPerPixel } = view;
  const low = new Float64Array(3);
  const high = new Float64Array(3);
  for (let sample = 0; sample < samplesPerPixel; sample++) {
    const least = new Float64Array(3).fill(Number.POSITIVE_INFINITY);
    const most = new Float64Array(3).fill(Number.NEGATIVE_INFINITY);
    for (const besideY of BESIDE) {
      for (const besideX of BESIDE) {
        renderer.sample(x, y, sample, besideX, besideY);
        for (let channel = 0; channel < 3; channel++) {
          least[channel] = Math.min(least[channel] ?? 0, renderer.color[channel] ?? 0);
          most[channel] = Math.max(most[channel] ?? 0, renderer.color[channel] ?? 0);
        }
      }
    }
    for (let channel = 0; channel < 3; channel++) {
      low[channel] = (low[channel] ?? 0) + (least[channel] ?? 0) / samplesPerPixel;
      high[channel] = (high[channel] ?? 0) + (most[channel] ?? 0) / samplesPerPixel;
    }
    yield;
  }
  return isWithin(claimed, low, high);
}

const BESIDE = [-PICTURE_CHECK.edgePixels, 0, PICTURE_CHECK.edgePixels];

function isWithin(claimed: Uint8Array | Uint8ClampedArray, low: Float64Array, high: Float64Array): boolean {
  if (claimed[3] !== 255) return false;
  for (let channel = 0; channel < 3; channel++) {
    const value = claimed[channel] ?? 0;
    if (value < toSrgb8(low[channel] ?? 0) - PICTURE_CHECK.tolerance8bit) return false;
    if (value > toSrgb8(high[channel] ?? 0) + PICTURE_CHECK.tolerance8bit) return false;
  }
  return true;
}

import type { PixelImage } from '../../shared/tasks/definition.ts';
import type { OwnPicture } from './fsr1.ts';

/** A frame as a renderer gives it for a temporal upscale. Vectors have two components a pixel; rows run downwards. */
export interface JitteredFrame {
  /** Opaque, one sample a pixel. */
  image: PixelImage;
  /** Where in each pixel its sample lies, right of and below its centre, pixels. */
  jitter: readonly [number, number];
  /** How far each sample's point has come since the last frame, pixels. */
  motion: Float32Array;
  /** Distance of each sample's point along the view, and what it was in the last frame; metres. */
  depth: Float32Array;
  depthBefore: Float32Array;
}

/** Weight of a frame in what has been accumulated, and how fast a pixel must move to need no more than its frame. As in three.js's TAAUNode. */
const FRAME_WEIGHT = 0.025;
const MAX_MOTION_PIXELS = 128;
/** Sharpness of the Gaussian that stands for a Blackman-Harris window. */
const GAUSSIAN = -2.29;
/** A point this much farther away than what was seen in its place, relative to that, was hidden in the last frame. */
const HIDDEN_BEYOND = 0.02;

/** Where the samples of consecutive frames lie: the Halton sequence of the bases 2 and 3. */
export function jitterOf(frame: number): readonly [number, number] {
  return [halton((frame % 32) + 1, 2) - 0.5, halton((frame % 32) + 1, 3) - 0.5];
}

function halton(index: number, base: number): number {
  let [result, fraction] = [0, 1];
  for (let rest = index; rest > 0; rest = Math.floor(rest / base)) {
    fraction /= base;
    result += fraction * (rest % base);
  }
  return result;
}

/**
 * Temporal upscale to twice the size: jittered frames are accumulated along the true motion. By the method of three.js's TAAUNode (r187), which is
 * that of B. Karis, "High quality temporal supersampling", SIGGRAPH 2014: the nearest samples weighed by their distance, motion of the nearest
 * point around, history clipped to the variance of the neighbourhood. Without TAAUNode's lock of thin features. On sRGB-encoded values.
 */
export class TemporalUpscale {
  #history: Float32Array | null = null;
  #depth: Float32Array | null = null;

  /** Adds a frame. Returns the picture as of this frame. */
  add(frame: JitteredFrame): OwnPicture {
    const { width, height } = frame.image;
    const made = new Float32Array(width * height * 12);
    for (let y = 0; y < 2 * height; y++) {
      for (let x = 0; x < 2 * width; x++) this.#resolve(frame, x, y, made.subarray((y * 2 * width + x) * 3));
    }
    this.#history = made;
    this.#depth = frame.depth;
    const data = new Uint8ClampedArray(width * height * 16).fill(255);
    for (let i = 0; i < made.length; i++) data[Math.floor(i / 3) * 4 + (i % 3)] = made[i] ?? 0;
    return { width: 2 * width, height: 2 * height, data };
  }

  /** @param out - the pixel's three colours, 0..255. */
  #resolve(
    { image, jitter, motion, depth, depthBefore }: JitteredFrame,
    x: number,
    y: number,
    out: Float32Array,
  ): void {
    const { width, height, data } = image;
    const [placeX, placeY] = [(x + 0.5) / 2 - 0.5 - jitter[0], (y + 0.5) / 2 - 0.5 - jitter[1]];
    const [left, top] = [Math.round(placeX), Math.round(placeY)];
    const sum = [0, 0, 0];
    const mean = [0, 0, 0];
    const squares = [0, 0, 0];
    let total = 0;
    let nearest = -1;
    for (let n = 0; n < 9; n++) {
      const [column, row] = [left + (n % 3) - 1, top + Math.floor(n / 3) - 1];
      const pixel = clamped(row, height) * width + clamped(column, width);
      const weight = Math.exp(GAUSSIAN * ((column - placeX) ** 2 + (row - placeY) ** 2));
      total += weight;
      for (let colour = 0; colour < 3; colour++) {
        const value = data[pixel * 4 + colour] ?? 0;
        sum[colour] = (sum[colour] ?? 0) + weight * value;
        mean[colour] = (mean[colour] ?? 0) + value / 9;
        squares[colour] = (squares[colour] ?? 0) + (value * value) / 9;
      }
      if (nearest < 0 || (depth[pixel] ?? 0) < (depth[nearest] ?? 0)) nearest = pixel;
    }
    for (let colour = 0; colour < 3; colour++) out[colour] = (sum[colour] ?? 0) / total;

    const [moveX, moveY] = [motion[2 * nearest] ?? 0, motion[2 * nearest + 1] ?? 0];
    const [beforeX, beforeY] = [(x + 0.5) / 2 - moveX, (y + 0.5) / 2 - moveY];
    const isOutside = beforeX < 0 || beforeY < 0 || beforeX > width || beforeY > height;
    if (!this.#history || isOutside || this.#wasHidden(beforeX, beforeY, depthBefore[nearest] ?? 0, width, height))
      return;
    const moved = Math.min(Math.hypot(moveX, moveY) / MAX_MOTION_PIXELS, 1);
    const history = sampled(this.#history, 2 * width, 2 * height, 2 * beforeX - 0.5, 2 * beforeY - 0.5);
    clip(history, mean, squares, 0.5 + 0.5 * (1 - moved) ** 2);
    const weight = Math.min(FRAME_WEIGHT + moved, 1);
    // Bright values weigh less, or single ones would flicker.
    const current = weight / (1 + lumaOf(out));
    const before = (1 - weight) / (1 + lumaOf(history));
    for (let colour = 0; colour < 3; colour++) {
      out[colour] = ((out[colour] ?? 0) * current + (history[colour] ?? 0) * before) / (current + before);
    }
  }

  /** Whether something nearer was where a point was in the last frame, at any of the pixels around. */
  #wasHidden(x: number, y: number, depth: number, width: number, height: number): boolean {
    let farthest = 0;
    for (let n = 0; n < 4; n++) {
      const row = clamped(Math.floor(y - 0.5) + (n >> 1), height);
      farthest = Math.max(farthest, this.#depth?.[row * width + clamped(Math.floor(x - 0.5) + (n & 1), width)] ?? 0);
    }
    return depth > farthest * (1 + HIDDEN_BEYOND);
  }
}

function clamped(position: number, size: number): number {
  return Math.min(Math.max(position, 0), size - 1);
}

/** Bilinear. */
function sampled(picture: Float32Array, width: number, height: number, x: number, y: number): number[] {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const colours = [0, 0, 0];
  for (let n = 0; n < 4; n++) {
    const [column, row] = [left + (n & 1), top + (n >> 1)];
    const share = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
    const at = (clamped(row, height) * width + clamped(column, width)) * 3;
    for (let colour = 0; colour < 3; colour++)
      colours[colour] = (colours[colour] ?? 0) + share * (picture[at + colour] ?? 0);
  }
  return colours;
}

/** Draws a colour towards the mean of its neighbourhood until it lies within `deviations` standard deviations of it. */
function clip(colour: number[], mean: readonly number[], squares: readonly number[], deviations: number): void {
  let most = 1;
  for (let n = 0; n < 3; n++) {
    const variance = Math.max((squares[n] ?? 0) - (mean[n] ?? 0) ** 2, 0);
    const extent = deviations * Math.sqrt(variance) + 1e-4;
    most = Math.max(most, Math.abs((colour[n] ?? 0) - (mean[n] ?? 0)) / extent);
  }
  for (let n = 0; n < 3; n++) colour[n] = (mean[n] ?? 0) + ((colour[n] ?? 0) - (mean[n] ?? 0)) / most;
}

/** 0..1. */
function lumaOf(colour: ArrayLike<number>): number {
  return (0.2126 * (colour[0] ?? 0) + 0.7152 * (colour[1] ?? 0) + 0.0722 * (colour[2] ?? 0)) / 255;
}

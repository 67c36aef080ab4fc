import { lumaOf } from '../../../shared/detail.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';

/** Opaque RGBA8. */
export interface GamePicture {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

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
/** Contrast to its neighbourhood, relative to its brightness, from which a feature is thin, and what is left of a lock in the next frame. As there. */
const THIN_CONTRAST = 0.2;
const LOCK_DECAY = 0.5;
/** Avoids 0 / 0. */
const TINY = 1e-4;
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
 * point around, history clipped to the variance of the neighbourhood except where features are thin. On sRGB-encoded values. Kinder than
 * TAAUNode in two ways: it weighs its first frames equally, and so is after 16 where that is after a hundred, and samples its history by cubics.
 */
export class TemporalUpscale {
  #history: Float32Array | null = null;
  #depth: Float32Array | null = null;
  /** How far each pixel's history is kept as it is, 0..1. */
  #locks = new Float32Array(0);
  #frames = 0;
  /** Of the pixel that is computed: colours of its neighbourhood, their squares, and its history. */
  readonly #mean = new Float64Array(3);
  readonly #squares = new Float64Array(3);
  readonly #past = new Float64Array(3);

  /** Adds a frame. Returns the picture as of this frame. */
  add(frame: JitteredFrame): GamePicture {
    const { width, height } = frame.image;
    const made = new Float32Array(width * height * 12);
    const locks = new Float32Array(width * height * 4);
    for (let y = 0; y < 2 * height; y++) {
      for (let x = 0; x < 2 * width; x++) {
        const pixel = y * 2 * width + x;
        locks[pixel] = this.#resolve(frame, x, y, made.subarray(pixel * 3));
      }
    }
    this.#history = made;
    this.#locks = locks;
    this.#frames++;
    this.#depth = frame.depth;
    const data = new Uint8ClampedArray(width * height * 16).fill(255);
    for (let i = 0; i < made.length; i++) data[Math.floor(i / 3) * 4 + (i % 3)] = made[i] ?? 0;
    return { width: 2 * width, height: 2 * height, data };
  }

  /** Returns the pixel's lock. @param out - its three colours, 0..255. */
  #resolve(
    { image, jitter, motion, depth, depthBefore }: JitteredFrame,
    x: number,
    y: number,
    out: Float32Array,
  ): number {
    const { width, height, data } = image;
    const [placeX, placeY] = [(x + 0.5) / 2 - 0.5 - jitter[0], (y + 0.5) / 2 - 0.5 - jitter[1]];
    const [left, top] = [Math.round(placeX), Math.round(placeY)];
    const mean = this.#mean.fill(0);
    const squares = this.#squares.fill(0);
    let total = 0;
    let nearest = -1;
    for (let n = 0; n < 9; n++) {
      const column = left + (n % 3) - 1;
      const row = top + Math.floor(n / 3) - 1;
      const pixel = clamped(row, height) * width + clamped(column, width);
      const weight = Math.exp(GAUSSIAN * ((column - placeX) ** 2 + (row - placeY) ** 2));
      total += weight;
      for (let colour = 0; colour < 3; colour++) {
        const value = data[pixel * 4 + colour] ?? 0;
        out[colour] = (out[colour] ?? 0) + weight * value;
        mean[colour] = (mean[colour] ?? 0) + value / 9;
        squares[colour] = (squares[colour] ?? 0) + (value * value) / 9;
      }
      if (nearest < 0 || (depth[pixel] ?? 0) < (depth[nearest] ?? 0)) nearest = pixel;
    }
    for (let colour = 0; colour < 3; colour++) out[colour] = (out[colour] ?? 0) / total;

    const [moveX, moveY] = [motion[2 * nearest] ?? 0, motion[2 * nearest + 1] ?? 0];
    const [beforeX, beforeY] = [(x + 0.5) / 2 - moveX, (y + 0.5) / 2 - moveY];
    const isOutside = beforeX < 0 || beforeY < 0 || beforeX > width || beforeY > height;
    const thin = smoothstep(
      Math.abs(brightness(out) - brightness(mean)) / Math.max(brightness(mean), TINY) / THIN_CONTRAST,
    );
    if (!this.#history || isOutside || this.#wasHidden(beforeX, beforeY, depthBefore[nearest] ?? 0, width, height))
      return 0;
    const moved = Math.min(Math.hypot(moveX, moveY) / MAX_MOTION_PIXELS, 1);
    const history = this.#past;
    sample(history, this.#history, 2 * width, 2 * height, 2 * beforeX - 0.5, 2 * beforeY - 0.5);
    const [column, row] = [clamped(Math.floor(2 * beforeX), 2 * width), clamped(Math.floor(2 * beforeY), 2 * height)];
    const lock = Math.max(thin, (this.#locks[row * 2 * width + column] ?? 0) * LOCK_DECAY);
    clip(history, mean, squares, 0.5 + 0.5 * (1 - moved) ** 2, 1 - lock);
    const weight = Math.min(Math.max(FRAME_WEIGHT, 1 / (this.#frames + 1)) + moved, 1);
    // Bright values weigh less, or single ones would flicker.
    const current = weight / (1 + brightness(out));
    const before = (1 - weight) / (1 + brightness(history));
    for (let colour = 0; colour < 3; colour++) {
      out[colour] = ((out[colour] ?? 0) * current + (history[colour] ?? 0) * before) / (current + before);
    }
    return lock;
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

function smoothstep(value: number): number {
  const inside = Math.min(Math.max(value, 0), 1);
  return inside * inside * (3 - 2 * inside);
}

function clamped(position: number, size: number): number {
  return Math.min(Math.max(position, 0), size - 1);
}

/** Catmull-Rom's weight of a pixel: sampled bilinearly, a history that moves would get softer with each frame. */
function weightAt(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sample(out: Float64Array, picture: Float32Array, width: number, height: number, x: number, y: number): void {
  out.fill(0);
  const left = Math.floor(x) - 1;
  const top = Math.floor(y) - 1;
  for (let row = top; row < top + 4; row++) {
    const down = weightAt(y - row);
    if (down === 0) continue;
    const start = clamped(row, height) * width;
    for (let column = left; column < left + 4; column++) {
      const weight = down * weightAt(x - column);
      const at = (start + clamped(column, width)) * 3;
      for (let colour = 0; colour < 3; colour++)
        out[colour] = (out[colour] ?? 0) + weight * (picture[at + colour] ?? 0);
    }
  }
  for (let colour = 0; colour < 3; colour++) out[colour] = Math.min(Math.max(out[colour] ?? 0, 0), 255);
}

/**
 * Draws a colour towards the mean of its neighbourhood until it lies within `deviations` standard deviations of it.
 *
 * @param share - how much of the way it goes.
 */
function clip(
  colour: Float64Array,
  mean: Float64Array,
  squares: Float64Array,
  deviations: number,
  share: number,
): void {
  let most = 1;
  for (let n = 0; n < 3; n++) {
    const variance = Math.max((squares[n] ?? 0) - (mean[n] ?? 0) ** 2, 0);
    const extent = deviations * Math.sqrt(variance) + 1e-4;
    most = Math.max(most, Math.abs((colour[n] ?? 0) - (mean[n] ?? 0)) / extent);
  }
  for (let n = 0; n < 3; n++)
    colour[n] = (colour[n] ?? 0) - share * (1 - 1 / most) * ((colour[n] ?? 0) - (mean[n] ?? 0));
}

/** 0..1. */
function brightness(colour: ArrayLike<number>): number {
  return lumaOf(colour[0] ?? 0, colour[1] ?? 0, colour[2] ?? 0) / 255;
}

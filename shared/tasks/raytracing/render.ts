import type { Steps } from '../definition.ts';
import type { Vec3 } from '../packing.ts';
import { TRACING } from './intersector.ts';
import type { Scene } from './scene.ts';
import { Tracer } from './tracer.ts';

/** Tests between two pauses: half a millisecond. Samples or pixels would not do, since one may take a hundred thousand tests. */
const TESTS_PER_STEP = 16 * 1024;
/** Choosing the direction of a sample takes about as long as so many tests. */
const TESTS_PER_DIRECTION = 8;

export interface Tile {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface View {
  camera: CameraParams;
  background: Vec3;
  /** Size of the whole picture. */
  width: number;
  height: number;
  samplesPerPixel: number;
  seed: number;
  /** The part of the picture to render. */
  tile: Tile;
}

/** Renders single pixels of a picture, sample by sample, or single samples of a pixel. */
export class Renderer {
  readonly #view: View;
  readonly #camera: Camera;
  readonly #tracer: Tracer;
  readonly #offset = new Float64Array(2);
  readonly #direction = new Float64Array(3);
  // The pixel, and its samples so far.
  #x = 0;
  #y = 0;
  #samples = 0;
  /** Tests since the last pause. */
  #tests = 0;
  /** Linear colour of the last pixel or sample. */
  readonly color = new Float64Array(3);

  constructor(view: View, tracer: Tracer) {
    this.#view = view;
    this.#camera = new Camera(view.camera, view.width, view.height);
    this.#tracer = tracer;
  }

  /** Begins a pixel. Call {@link addSample} until it has all of its samples. */
  begin(x: number, y: number): void {
    this.#x = x;
    this.#y = y;
    this.#samples = 0;
    this.color.fill(0);
  }

  /** Returns whether that was the pixel's last sample: then `color` is the mean of all. Throws MeshError `too-large` as {@link Tracer.trace} does. */
  addSample(): boolean {
    const { samplesPerPixel } = this.#view;
    this.#add(this.#x, this.#y, this.#samples++, 0, 0);
    if (this.#samples < samplesPerPixel) return false;
    for (let channel = 0; channel < 3; channel++) {
      this.color[channel] = (this.color[channel] ?? 0) / samplesPerPixel;
    }
    return true;
  }

  /** Whether there was work for half a millisecond since it last was. */
  isPauseDue(): boolean {
    if (this.#tests < TESTS_PER_STEP) return false;
    this.#tests = 0;
    return true;
  }

  /** Sets `color` to one sample of a pixel, shifted by `besideX` and `besideY` pixels. */
  sample(x: number, y: number, sample: number, besideX: number, besideY: number): void {
    this.color.fill(0);
    this.#add(x, y, sample, besideX, besideY);
  }

  #add(x: number, y: number, sample: number, besideX: number, besideY: number): void {
    // A single sample is taken at the centre, so that a preview does not jitter.
    if (this.#view.samplesPerPixel === 1) this.#offset.fill(0.5);
    else sampleOffset(x, y, sample, this.#view.seed, this.#offset);
    const [offsetX = 0, offsetY = 0] = this.#offset;
    this.#camera.direction(x + offsetX + besideX, y + offsetY + besideY, this.#direction);
    this.#tracer.trace(this.#camera.position, this.#direction, this.#view.background, this.color);
    this.#tests += TESTS_PER_DIRECTION + this.#tracer.tests;
  }
}

/** Renders the tile of a view as RGBA. Throws MeshError `too-large` for a picture of which a sample takes too many tests. */
export function* render(scene: Scene, view: View): Steps<Uint8ClampedArray<ArrayBuffer>> {
  const renderer = new Renderer(view, yield* Tracer.make(scene, TRACING.maxTestsPerSample));
  const { tile } = view;
  const pixels = new Uint8ClampedArray(tile.width * tile.height * 4);
  const { color } = renderer;
  for (let at = 0; at < tile.width * tile.height; at++) {
    renderer.begin(tile.x + (at % tile.width), tile.y + Math.trunc(at / tile.width));
    for (let isDone = false; !isDone; ) {
      isDone = renderer.addSample();
      if (renderer.isPauseDue()) yield;
    }
    pixels[at * 4] = toSrgb8(color[0] ?? 0);
    pixels[at * 4 + 1] = toSrgb8(color[1] ?? 0);
    pixels[at * 4 + 2] = toSrgb8(color[2] ?? 0);
    pixels[at * 4 + 3] = 255;
  }
  return pixels;
}

interface CameraParams {
  position: Vec3;
  target: Vec3;
  /** Vertical field of view, degrees. */
  fovDeg: number;
}

/** A pinhole camera: y is up; if it looks straight along y, z is up. */
export class Camera {
  readonly position: Vec3;
  readonly forward: Vec3;
  /** Vectors from the centre of the picture to its right and bottom edge. */
  readonly right: Vec3;
  readonly down: Vec3;
  readonly #width: number;
  readonly #height: number;

  constructor({ position, target, fovDeg }: CameraParams, width: number, height: number) {
    const forward = unit([target[0] - position[0], target[1] - position[1], target[2] - position[2]]);
    const up: Vec3 = Math.abs(forward[1]) > STEEP ? [0, 0, 1] : [0, 1, 0];
    const right = unit(cross(forward, up));
    const down = cross(forward, right);
    const halfHeight = Math.tan((fovDeg * Math.PI) / 360);
    this.position = position;
    this.forward = forward;
    this.right = scaled(right, (halfHeight * width) / height);
    this.down = scaled(down, halfHeight);
    this.#width = width;
    this.#height = height;
  }

  /** Computes the unit direction of the ray through a point, in pixels from the top left corner. */
  direction(x: number, y: number, out: Float64Array): void {
    const across = (2 * x) / this.#width - 1;
    const along = (2 * y) / this.#height - 1;
    const dx = this.forward[0] + across * this.right[0] + along * this.down[0];
    const dy = this.forward[1] + across * this.right[1] + along * this.down[1];
    const dz = this.forward[2] + across * this.right[2] + along * this.down[2];
    const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
    out[0] = dx / length;
    out[1] = dy / length;
    out[2] = dz / length;
  }
}

/** Cosine of a thirtieth of a degree: a view this close to the y axis needs another up vector. */
const STEEP = 1 - 1e-7;

function unit([x, y, z]: Vec3): Vec3 {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function scaled([x, y, z]: Vec3, factor: number): Vec3 {
  return [x * factor, y * factor, z * factor];
}

/**
 * Random position of a sample within its pixel. It depends only on the pixel, the number of the sample and the seed, so that any pixel can
 * be rendered by any machine. The hash is pcg4d (M. Jarzynski and M. Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020).
 *
 * @param out - receives two numbers, 0 <= x < 1, of 24 bits: exact in single precision.
 */
export function sampleOffset(pixelX: number, pixelY: number, sample: number, seed: number, out: Float64Array): void {
  let x = (Math.imul(pixelX, 1_664_525) + 1_013_904_223) | 0;
  let y = (Math.imul(pixelY, 1_664_525) + 1_013_904_223) | 0;
  let z = (Math.imul(sample, 1_664_525) + 1_013_904_223) | 0;
  let w = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  z = (z + Math.imul(x, y)) | 0;
  w = (w + Math.imul(y, z)) | 0;
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  w ^= w >>> 16;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  out[0] = (x >>> 8) / 2 ** 24;
  out[1] = (y >>> 8) / 2 ** 24;
}

/** Converts a linear colour value, clamped to 0..1, to 8-bit sRGB (IEC 61966-2-1). */
export function toSrgb8(linear: number): number {
  const value = Math.min(1, Math.max(0, linear));
  const encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255);
}

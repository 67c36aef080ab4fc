import type { Steps } from '../steps.ts';
import { RAYTRACING } from '../tuning.ts';
import type { Vec3 } from '../vec3.ts';
import { Camera, type CameraParams } from './camera.ts';
import { sampleOffset } from './pcg.ts';
import type { Scene } from './scene.ts';
import { toSrgb8 } from './srgb.ts';
import { Tracer } from './tracer.ts';

export interface Tile {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface View {
  camera: CameraParams;
  background: Vec3;
  /** Of the whole picture. */
  width: number;
  height: number;
  samplesPerPixel: number;
  seed: number;
  /** What is wanted of it. */
  tile: Tile;
}

/** Computes any pixel of a picture, or any sample of one. */
export class Renderer {
  readonly #view: View;
  readonly #camera: Camera;
  readonly #tracer: Tracer;
  readonly #offset = new Float64Array(2);
  readonly #direction = new Float64Array(3);
  /** Linear, of what was asked for last. */
  readonly color = new Float64Array(3);

  constructor(view: View, tracer: Tracer) {
    this.#view = view;
    this.#camera = new Camera(view.camera, view.width, view.height);
    this.#tracer = tracer;
  }

  /** Into `color`: the mean of its samples. */
  pixel(x: number, y: number): void {
    const { samplesPerPixel } = this.#view;
    this.color.fill(0);
    for (let sample = 0; sample < samplesPerPixel; sample++) this.#add(x, y, sample, 0, 0);
    for (let channel = 0; channel < 3; channel++) {
      this.color[channel] = (this.color[channel] ?? 0) / samplesPerPixel;
    }
  }

  /** Into `color`: one of a pixel's samples, as far beside its place, in pixels. */
  sample(x: number, y: number, sample: number, besideX: number, besideY: number): void {
    this.color.fill(0);
    this.#add(x, y, sample, besideX, besideY);
  }

  #add(x: number, y: number, sample: number, besideX: number, besideY: number): void {
    // A single sample is taken in the middle: a preview should not tremble.
    if (this.#view.samplesPerPixel === 1) this.#offset.fill(0.5);
    else sampleOffset(x, y, sample, this.#view.seed, this.#offset);
    const [offsetX = 0, offsetY = 0] = this.#offset;
    this.#camera.direction(x + offsetX + besideX, y + offsetY + besideY, this.#direction);
    this.#tracer.trace(this.#camera.position, this.#direction, this.#view.background, this.color);
  }
}

/** The wanted tile as RGBA. */
export function* render(scene: Scene, view: View): Steps<Uint8ClampedArray<ArrayBuffer>> {
  const renderer = new Renderer(view, yield* Tracer.make(scene));
  const { tile, samplesPerPixel } = view;
  const pixels = new Uint8ClampedArray(tile.width * tile.height * 4);
  const { color } = renderer;
  let samples = 0;
  for (let at = 0; at < tile.width * tile.height; at++) {
    renderer.pixel(tile.x + (at % tile.width), tile.y + Math.trunc(at / tile.width));
    pixels[at * 4] = toSrgb8(color[0] ?? 0);
    pixels[at * 4 + 1] = toSrgb8(color[1] ?? 0);
    pixels[at * 4 + 2] = toSrgb8(color[2] ?? 0);
    pixels[at * 4 + 3] = 255;
    samples += samplesPerPixel;
    if (samples < RAYTRACING.samplesPerStep) continue;
    samples = 0;
    yield;
  }
  return pixels;
}

import { LARGEST_NUMBER, writeNumber } from './frame-number.mjs';

/** Frames whose time of drawing is known: more than are ever under way. */
const REMEMBERED = 4_096;

/** @typedef {(luma: Uint8Array, width: number, height: number, number: number) => void} Painter draws a frame, all but its number */

/**
 * A source of numbered frames at a steady pace, written straight into memory: it costs next to nothing, and no GPU is asked.
 */
export class FrameSource {
  /** @type {ReadableStream<VideoFrame>} */
  frames;
  /** When each of the latest numbers was drawn, ms of this page's clock. @type {Map<number, number>} */
  drawnAtMs = new Map();
  #intervalMs;
  #number = 0;
  #dueMs = 0;
  /** @type {Promise<void> | null} */
  #paused = null;
  #resume = () => {};

  /** @param {{ width: number, height: number, fps: number, paint: Painter }} options even sizes */
  constructor({ width, height, fps, paint }) {
    this.#intervalMs = 1_000 / fps;
    this.frames = new ReadableStream(
      {
        pull: async (controller) => {
          await this.#due();
          const number = this.#number++ & LARGEST_NUMBER;
          const picture = new Uint8Array((width * height * 3) / 2).fill(128, width * height);
          const luma = picture.subarray(0, width * height);
          paint(luma, width, height, number);
          writeNumber(luma, width, height, number);
          const atMs = performance.now();
          this.drawnAtMs.set(number, atMs);
          this.drawnAtMs.delete((number - REMEMBERED) & LARGEST_NUMBER);
          controller.enqueue(
            new VideoFrame(picture, {
              ...{ format: 'I420', codedWidth: width, codedHeight: height },
              timestamp: Math.round(1_000 * atMs),
            }),
          );
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** @param {number} fps */
  pace(fps) {
    this.#intervalMs = 1_000 / fps;
  }

  pause() {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume() {
    this.#resume();
    this.#paused = null;
  }

  /** Steady whatever a timer's delay; after a pause it does not catch up. */
  async #due() {
    await this.#paused;
    const nowMs = performance.now();
    const isBehind = nowMs - this.#dueMs > this.#intervalMs;
    this.#dueMs = (isBehind ? nowMs : this.#dueMs) + this.#intervalMs;
    const leftMs = this.#dueMs - this.#intervalMs - nowMs;
    if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
  }
}

/** A slope that moves: cheap for any codec. @type {Painter} */
export function paintSlope(luma, width, height, number) {
  const row = Uint8Array.from({ length: width }, (_, x) => 40 + ((x + 2 * number) % 160));
  for (let y = 0; y < height; y++) luma.set(row, y * width);
}

/** Places a picture takes in turn, on a circle, less than two pixels apart. */
export const PLACES = 24;
const RADIUS = 7;

/**
 * A still picture with detail of every kind that moves a little with each frame.
 * @returns {Painter}
 */
export function picturePainter() {
  /** @type {Map<number, Uint8Array>} */
  const places = new Map();
  return (luma, width, height, number) => {
    const place = number % PLACES;
    const angle = (2 * Math.PI * place) / PLACES;
    const known = places.get(place) ?? detail(width, height, RADIUS * Math.cos(angle), RADIUS * Math.sin(angle));
    places.set(place, known);
    luma.set(known);
  };
}

/**
 * Rings that get finer outwards, a slope with a little grain, bars that get finer, and grain.
 * @param {number} width
 * @param {number} height
 * @param {number} dx
 * @param {number} dy
 */
function detail(width, height, dx, dy) {
  const luma = new Uint8Array(width * height);
  for (let index = 0; index < luma.length; index++) {
    const [x, y] = [(index % width) + dx, Math.floor(index / width) + dy];
    const [right, low] = [x > width / 2, y > height / 2];
    if (!right && !low) luma[index] = 126 + 90 * Math.sin(((x - width / 4) ** 2 + (y - height / 4) ** 2) / width);
    else if (!low) luma[index] = 40 + (300 * (x - width / 2)) / width + grain(Math.round(x), Math.round(y)) / 6;
    else if (!right) luma[index] = Math.sin(x * (0.2 + (1.6 * x) / width)) > 0 ? 200 : 50;
    else luma[index] = 60 + grain(Math.round(x), Math.round(y));
  }
  return luma;
}

/** Different at every place, and always the same there; 0..127. @param {number} x @param {number} y */
function grain(x, y) {
  const mixed = Math.imul(Math.imul(x, 374_761_393) + Math.imul(y, 668_265_263), 1_274_126_177);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % 128;
}

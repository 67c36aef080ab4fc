import { LARGEST_NUMBER, writeNumber } from './frame-number.mjs';

/** @typedef {(luma: Uint8Array, width: number, height: number, number: number) => void} Painter draws a frame, all but its number */

/**
 * A source of numbered frames at a steady pace, written straight into memory: it costs next to nothing, and no GPU is asked.
 */
export class FrameSource {
  /** @type {ReadableStream<VideoFrame>} */
  frames;
  /** When each number was drawn, ms of this page's clock. @type {Map<number, number>} */
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

/** A picture that no codec can foresee, so that a stream takes all the bitrate it is given. @returns {Painter} */
export function noisePainter() {
  /** @type {Uint8Array[]} */
  const pictures = [];
  return (luma, _width, _height, number) => {
    if (pictures.length === 0) for (let index = 0; index < 16; index++) pictures.push(noise(luma.length, index + 1));
    luma.set(pictures[number % pictures.length] ?? luma);
  };
}

/** The same for the same seed. @param {number} length @param {number} seed */
function noise(length, seed) {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 64 + (state >>> 25);
  });
}

import { readNumber } from './frame-number.mjs';

/**
 * @typedef {object} ShownFrame
 * @property {number} number which the picture carries
 * @property {number} atMs of this page's clock
 */

/** @typedef {new (init: { track: MediaStreamTrack }) => { readable: ReadableStream<VideoFrame> }} TrackProcessor */

/**
 * Watches what a stream shows, as a recorder would: each picture that comes onto its canvas once, in order. Its statistics come a
 * few times a second only, and tell of what was meant to be shown.
 */
export class ShownFrames {
  /** @type {ShownFrame[]} in the order in which they were seen; the same picture drawn twice is seen once */
  frames = [];
  /** Pictures whose number could not be read. */
  unreadable = 0;
  #canvas = new OffscreenCanvas(1, 1);
  #context = this.#canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  #reader;

  /** @param {import('../../web/sdk/p2c2r.ts').FrameStream} stream */
  constructor({ track }) {
    /** @type {{ MediaStreamTrackProcessor: TrackProcessor }} */
    const { MediaStreamTrackProcessor } = /** @type {never} */ (globalThis);
    this.#reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    void this.#watch();
  }

  stop() {
    return this.#reader.cancel();
  }

  async #watch() {
    for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read()) this.#see(next.value);
  }

  /** @param {VideoFrame} frame */
  #see(frame) {
    const atMs = performance.now();
    try {
      const { displayWidth: width, displayHeight: height } = frame;
      if (this.#canvas.width !== width || this.#canvas.height !== height)
        Object.assign(this.#canvas, { width, height });
      this.#context?.drawImage(frame, 0, 0);
      const picture = this.#context?.getImageData(0, 0, width, height);
      const number = picture ? readNumber(picture) : null;
      if (number === null) this.unreadable++;
      else if (number !== this.frames.at(-1)?.number) this.frames.push({ number, atMs });
    } finally {
      frame.close();
    }
  }
}

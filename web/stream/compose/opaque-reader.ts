import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { RgbaReader } from '../../compute/video-frames.ts';

/** Opaque RGBA8 pixels, until they are released. */
export interface OpaquePixels extends PictureSize {
  data: Uint8Array<ArrayBuffer>;
  /** From then on the memory may be another frame's. */
  release(): void;
}

/** Readers that are kept for further frames. A stream holds few frames at a time, and releases one for each that it reads. */
const MAX_FREE = 3;

/** Reads frames of every kind as a stream's opaque canvas shows them: upright, converted to sRGB, translucent pixels over black. */
export class OpaqueReader {
  /**
   * Each has the memory of one frame. New memory of that size costs the system more time than the pixels that are written to it: up to four
   * milliseconds for 640x360 in a virtual machine.
   */
  #free: RgbaReader[] = [];
  /** Pixels of the newest frame; buffers of other sizes are not kept. */
  #pixels = 0;

  /** The caller closes the frame. Throws MeshError `source-ended` for a closed frame, `unsupported-browser`. */
  async read(frame: VideoFrame): Promise<OpaquePixels> {
    const reader = this.#free.pop() ?? new RgbaReader();
    let isReleased = false;
    const release = (pixels: number) => {
      if (!isReleased && pixels === this.#pixels && this.#free.length < MAX_FREE) this.#free.push(reader);
      isReleased = true;
    };
    try {
      const { width, height, data } = await reader.read(frame);
      const pixels = width * height;
      if (pixels !== this.#pixels) this.#free = [];
      this.#pixels = pixels;
      return { width, height, data: overBlack(data), release: () => release(pixels) };
    } catch (cause) {
      release(this.#pixels);
      throw cause;
    }
  }
}

/** The alpha of an opaque pixel, as a number of four bytes. */
const ALPHA = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0] ?? 0;

/** Draws pixels over black, in place. Most pictures are opaque, which one pass over them finds out. */
function overBlack(pixels: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(pixels.buffer);
  let common = ALPHA | 0;
  for (let i = 0; i < words.length; i++) common &= words[i] ?? 0;
  if (common === (ALPHA | 0)) return pixels;
  for (let at = 0; at < pixels.length; at += 4) {
    const alpha = (pixels[at + 3] ?? 0) / 255;
    if (alpha === 1) continue;
    for (let channel = at; channel < at + 3; channel++) pixels[channel] = Math.round((pixels[channel] ?? 0) * alpha);
    pixels[at + 3] = 255;
  }
  return pixels;
}

import { RgbaReader } from '../../compute/video-frames.ts';
import type { PictureSize } from '../frame-size.ts';

/** Opaque RGBA8 pixels that belong to whoever asked for them. */
export interface OpaquePixels extends PictureSize {
  data: Uint8Array<ArrayBuffer>;
}

/** Reads frames of every kind as a stream's opaque canvas shows them: upright, converted to sRGB, translucent pixels over black. */
export class OpaqueReader {
  /** Of readers that no frame is being read with: each overwrites its pixels with its next frame. */
  readonly #free: RgbaReader[] = [];

  /** The caller closes the frame. Throws MeshError `source-ended` for a closed frame, `unsupported-browser`. */
  async read(frame: VideoFrame): Promise<OpaquePixels> {
    const reader = this.#free.pop() ?? new RgbaReader();
    try {
      const { width, height, data } = await reader.read(frame);
      // Whoever asks for a frame before the last one was read, gets a reader of its own; one is kept.
      return { width, height, data: overBlack(data.slice()) };
    } finally {
      if (this.#free.length === 0) this.#free.push(reader);
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

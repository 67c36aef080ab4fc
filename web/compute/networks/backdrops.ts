import type { PixelImage, Steps } from '../../../shared/tasks/definition.ts';

/**
 * Translucent pictures for networks, which know only opaque ones: they double the picture laid over black and laid over white, and from the two
 * results follow alpha and colour, as in triangulation matting (A. R. Smith and J. F. Blinn, "Blue screen matting", SIGGRAPH 1996, theorem 4).
 * The less the backdrop shows through, the more opaque a pixel is.
 *
 * Why not colour and alpha one by one: people see what is laid over something. Where a network sharpens the colour, premultiplied or not, and
 * alpha is enlarged by something else, their edges lie in different places, with a dark or light rim between them, of up to 110 of 255. Alpha
 * sharpened by the same network as a grey picture leaves 45 at dark strokes over white, because no network makes of the negative of a picture
 * the negative of its result. Laid over black or white, what is made here looks as if it had been laid over them first, and over a grey as the mean of
 * the two. The cost is a second run, for translucent pictures only.
 */

/** The two backdrops. */
export const BLACK = 0;
export const WHITE = 255;

interface OpaqueImage extends PixelImage {
  data: Uint8Array<ArrayBuffer>;
}

/**
 * Lays a picture over a grey, 0..255, a row at a time. Rounded to 8 bits, like everything that networks are given: then each backend gets the same.
 *
 * @param image - straight-alpha sRGB RGBA8.
 * @returns opaque.
 */
export function* compositeOver({ width, height, data }: PixelImage, grey: number): Steps<OpaqueImage> {
  const pixels = new Uint8Array(width * height * 4);
  for (let i = 0; i < pixels.length; i += 4) {
    if (i % (width * 4) === 0) yield;
    const alpha = data[i + 3] ?? 0;
    // With the half that makes the division round.
    const behind = grey * (255 - alpha) + 127;
    pixels[i] = ((data[i] ?? 0) * alpha + behind) / 255;
    pixels[i + 1] = ((data[i + 1] ?? 0) * alpha + behind) / 255;
    pixels[i + 2] = ((data[i + 2] ?? 0) * alpha + behind) / 255;
    pixels[i + 3] = 255;
  }
  return { width, height, data: pixels };
}

/**
 * The picture that looks like the first over black and like the second over white. Where a network treated the channels differently, none fits
 * exactly: alpha is the mean of the channels', and colour is off by as much over black as over white. Made a row at a time.
 *
 * @param overBlack - opaque RGBA8, overwritten; `overWhite` has the same size.
 * @param width - of both, pixels.
 * @returns the first, with straight alpha; invisible pixels are black.
 */
export function* matted<T extends Uint8Array | Uint8ClampedArray>(overBlack: T, overWhite: T, width: number): Steps<T> {
  for (let i = 0; i < overBlack.length; i += 4) {
    if (i % (width * 4) === 0) yield;
    let shown = 0;
    for (let channel = i; channel < i + 3; channel++) shown += (overWhite[channel] ?? 0) - (overBlack[channel] ?? 0);
    const alpha = Math.min(Math.max(Math.round(255 - shown / 3), 0), 255);
    const scale = alpha > 0 ? 255 / (2 * alpha) : 0;
    for (let channel = i; channel < i + 3; channel++) {
      const twicePremultiplied = (overBlack[channel] ?? 0) + (overWhite[channel] ?? 0) - (255 - alpha);
      overBlack[channel] = Math.min(Math.max(Math.round(twicePremultiplied * scale), 0), 255);
    }
    overBlack[i + 3] = alpha;
  }
  return overBlack;
}

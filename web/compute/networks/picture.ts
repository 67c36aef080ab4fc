import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { NetworkShape } from '../models/manifest.ts';
import type { Layer } from './layers.ts';
import { type Features, runNetwork } from './reference.ts';

/**
 * What a network makes of a picture with straight alpha, at twice its size: it sees premultiplied colours, what it makes of them is
 * kept within 0..alpha, and alpha is bilinear.
 */
export function doubledReference(
  network: NetworkShape,
  layers: readonly Layer[],
  image: PixelImage,
): PixelImage & { data: Uint8ClampedArray } {
  const { width, height, data: sharp } = runNetwork(network, layers, premultiplied(image));
  // Without layers it is the bilinear base alone.
  const { data: alphas } = runNetwork(network, [], alphaOf(image));
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const alpha = alphas[i * 3] ?? 0;
    // Below a tenth of a step of 8 bits the colour is noise.
    const scale = alpha > 1 / 2550 ? 255 / alpha : 0;
    for (let colour = 0; colour < 3; colour++) {
      data[i * 4 + colour] = Math.min(Math.max(sharp[i * 3 + colour] ?? 0, 0), alpha) * scale;
    }
    data[i * 4 + 3] = alpha * 255;
  }
  return { width, height, data };
}

function premultiplied(image: PixelImage): Features {
  return colours(image, (at, colour) => ((image.data[at + colour] ?? 0) * (image.data[at + 3] ?? 0)) / 255 ** 2);
}

function alphaOf(image: PixelImage): Features {
  return colours(image, (at) => (image.data[at + 3] ?? 0) / 255);
}

function colours({ width, height }: PixelImage, value: (at: number, colour: number) => number): Features {
  const data = Float32Array.from({ length: width * height * 3 }, (_, i) => value(Math.floor(i / 3) * 4, i % 3));
  return { width, height, channels: 3, data };
}

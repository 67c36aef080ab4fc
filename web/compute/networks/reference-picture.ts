import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { NetworkShape } from '../models/manifest.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { type Layer, TAPS } from './layers.ts';
import { type Features, runNetwork } from './reference.ts';

/** What a network makes of a picture at twice its size, straight RGBA8 with alpha bilinear: what every backend is held to. */
export function doubledReference(
  network: NetworkShape,
  layers: readonly Layer[],
  image: PixelImage,
): Uint8ClampedArray<ArrayBuffer> {
  const sharp = runNetwork(network, layers, premultiplied(image));
  const outWidth = image.width * 2;
  const outHeight = image.height * 2;
  const out = upscaleReference(image, { outWidth, outHeight, quality: 'bilinear' });
  const alphas = alphaAtTwice(image);
  for (let pixel = 0; pixel < outWidth * outHeight; pixel++) {
    const alpha = alphas[pixel] ?? 0;
    const scale = alpha > 1 / 2550 ? 255 / alpha : 0;
    for (let colour = 0; colour < 3; colour++) {
      out[pixel * 4 + colour] = (sharp.data[pixel * 3 + colour] ?? 0) * scale;
    }
  }
  return out;
}

function premultiplied({ width, height, data }: PixelImage): Features {
  const values = new Float32Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = (data[pixel * 4 + 3] ?? 0) / 255;
    for (let colour = 0; colour < 3; colour++) {
      values[pixel * 3 + colour] = ((data[pixel * 4 + colour] ?? 0) / 255) * alpha;
    }
  }
  return { width, height, channels: 3, data: values };
}

/** Not rounded to 8 bits: a network whose weights are nought gives the bilinear picture. */
function alphaAtTwice({ width, height, data }: PixelImage): Float32Array {
  const values = new Float32Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++)
    values.fill((data[pixel * 4 + 3] ?? 0) / 255, pixel * 3, pixel * 3 + 3);
  const shape: NetworkShape = { unshuffle: 1, widths: [3, 4], outputs: 'luma', leak: 0 };
  const nought: Layer = { inputs: 3, outputs: 4, weights: new Float32Array(TAPS * 16), bias: new Float32Array(4) };
  const { data: doubled } = runNetwork(shape, [nought], { width, height, channels: 3, data: values });
  return doubled.filter((_, i) => i % 3 === 0);
}

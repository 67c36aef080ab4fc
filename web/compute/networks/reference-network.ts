import { finish, type PixelImage } from '../../../shared/tasks/definition.ts';
import { isOpaque } from '../../../shared/tasks/upscale-tile.ts';
import type { NetworkShape } from '../models/manifest.ts';
import { BLACK, compositeOver, matted, WHITE } from './backdrops.ts';
import { channelBlocks, type Layer, TAPS } from './weights.ts';

/** Values of a picture or of features, channels last. */
export interface Features {
  width: number;
  height: number;
  channels: number;
  data: Float32Array;
}

/**
 * The networks in plain TypeScript. It is tested against PyTorch, and every kernel and session is tested against it. Takes and returns
 * sRGB-encoded values of opaque pictures: 0..1 in, not clamped out.
 *
 * @param source - 3 channels.
 * @param round - rounding of each product and sum; exact by default.
 * @returns the activated output of each layer; the last one is the detail before the pixel shuffle.
 */
export function featuresOf(
  network: NetworkShape,
  layers: readonly Layer[],
  source: Features,
  round?: (value: number) => number,
): Features[] {
  const all: Features[] = [];
  let features = source;
  for (const [n, layer] of layers.entries()) {
    features = convolved(features, layer, n === layers.length - 1 ? 1 : network.leak, round);
    all.push(features);
  }
  return all;
}

/** The picture at twice the size; without layers its bilinear base. */
export function runNetwork(network: NetworkShape, layers: readonly Layer[], source: Features): Features {
  const detail = featuresOf(network, layers, source).at(-1);
  const width = source.width * 2;
  const height = source.height * 2;
  const data = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = detail ? ((y >> 1) * detail.width + (x >> 1)) * detail.channels : 0;
      const within = (y % 2) * 2 + (x % 2);
      for (let colour = 0; colour < 3; colour++) {
        const channel = network.outputs === 'luma' ? within : colour * 4 + within;
        data[(y * width + x) * 3 + colour] = bilinearAt(source, x, y, colour) + (detail?.data[block + channel] ?? 0);
      }
    }
  }
  return { width, height, channels: 3, data };
}

function convolved(
  features: Features,
  { outputs, weights, bias }: Layer,
  leak: number,
  round?: (value: number) => number,
): Features {
  const { width, height } = features;
  const inBlocks = channelBlocks(features.channels);
  const outBlocks = channelBlocks(outputs);
  const data = new Float32Array(width * height * outputs);
  const sums = new Float64Array(outputs);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums.set(bias);
      for (let tap = 0; tap < TAPS; tap++) {
        const tapX = x + (tap % 3) - 1;
        const tapY = y + Math.floor(tap / 3) - 1;
        for (let input = 0; input < features.channels; input++) {
          const value = valueAt(features, tapX, tapY, input);
          const row = (tap * inBlocks + (input >> 2)) * outBlocks;
          if (value === 0) continue;
          const first = row * 16 + (input & 3) * 4;
          for (let output = 0; output < outputs; output++) {
            const product = value * (weights[first + (output >> 2) * 16 + (output & 3)] ?? 0);
            const sum = sums[output] ?? 0;
            sums[output] = round ? round(sum + round(product)) : sum + product;
          }
        }
      }
      for (let output = 0; output < outputs; output++) {
        const sum = sums[output] ?? 0;
        data[(y * width + x) * outputs + output] = sum < 0 ? (round?.(sum * leak) ?? sum * leak) : sum;
      }
    }
  }
  return { width, height, channels: outputs, data };
}

function valueAt({ width, height, channels, data }: Features, x: number, y: number, channel: number): number {
  const column = Math.min(Math.max(x, 0), width - 1);
  const row = Math.min(Math.max(y, 0), height - 1);
  return data[(row * width + column) * channels + channel] ?? 0;
}

/** Position in the picture at twice the size. */
function bilinearAt(source: Features, x: number, y: number, colour: number): number {
  const left = Math.floor((x - 1) / 2);
  const top = Math.floor((y - 1) / 2);
  const right = x % 2 === 0 ? 0.75 : 0.25;
  const below = y % 2 === 0 ? 0.75 : 0.25;
  const row = (line: number) =>
    valueAt(source, left, line, colour) * (1 - right) + valueAt(source, left + 1, line, colour) * right;
  return row(top) * (1 - below) + row(top + 1) * below;
}

/** Doubles a picture, straight-alpha sRGB RGBA8; a translucent one over two backdrops. */
export function doubledReference(
  network: NetworkShape,
  layers: readonly Layer[],
  image: PixelImage,
): PixelImage & { data: Uint8ClampedArray } {
  const double = (opaque: PixelImage) => picture(runNetwork(network, layers, colours(opaque)));
  const [width, height] = [2 * image.width, 2 * image.height];
  if (isOpaque(image)) return { width, height, data: double(image) };
  const doubleOver = (grey: number) => double(finish(compositeOver(image, grey)));
  return { width, height, data: finish(matted(doubleOver(BLACK), doubleOver(WHITE), width)) };
}

function colours({ width, height, data }: PixelImage): Features {
  const values = Float32Array.from(
    { length: width * height * 3 },
    (_, i) => (data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255,
  );
  return { width, height, channels: 3, data: values };
}

/** A Uint8ClampedArray rounds and clamps. */
function picture({ data }: Features): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray((data.length / 3) * 4).fill(255);
  for (let i = 0; i < data.length; i++) pixels[Math.floor(i / 3) * 4 + (i % 3)] = (data[i] ?? 0) * 255;
  return pixels;
}

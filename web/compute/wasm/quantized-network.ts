import type { NetworkShape } from '../models/manifest.ts';
import { channelBlocks, type Layer, TAPS } from '../networks/weights.ts';

/** A layer in whole numbers, as the kernels take it. */
export interface QuantizedLayer {
  inputs: number;
  outputs: number;
  /** For each eight outputs, and then the rest of four: [row][column][pair of inputs][output][input in its pair]. */
  weights: Int16Array;
  /** [output], with the half that makes the shift round. */
  biases: Int32Array;
  /** From the scale of the sums to that of the outputs, bits. */
  shift: number;
  /** Factor of negative values, of 32,768. */
  leak: number;
}

/** Whole numbers a unit of the source and of the result: 128 an 8-bit step, so that 1 fits 16 bits. */
const PICTURE_SCALE = 128 * 255;

/**
 * Whole numbers a unit between the layers. Values up to 32 fit 16 bits; on noise, stripes, chequers and single black and white pixels none of our
 * networks exceeds 11. Larger ones are cut off.
 */
const FEATURE_SCALE = 1024;

const LARGEST_16 = 32_767;
const LARGEST_32 = 2 ** 31 - 1;
const MOST_SHIFT = 24;

/** The values that a channel can take, in whole numbers. */
interface Range {
  least: number;
  most: number;
}

/**
 * Rounds a network to 16-bit whole numbers. Each layer gets the finest scale of weights with which no sum of its products can exceed 32
 * bits, whatever the picture: found from the ranges of its inputs.
 */
export function quantized({ leak }: NetworkShape, layers: readonly Layer[]): QuantizedLayer[] {
  // The source has alpha as a fourth channel, whose weights are zero.
  let ranges: Range[] = Array.from({ length: 4 }, () => ({ least: 0, most: PICTURE_SCALE }));
  let scale = PICTURE_SCALE;
  return layers.map((layer, n) => {
    const isLast = n === layers.length - 1;
    const outScale = isLast ? PICTURE_SCALE : FEATURE_SCALE;
    const outLeak = isLast ? 1 : leak;
    const rounded = finest(layer, ranges, scale, outScale);
    ranges = rounded.sums.map(({ least, most }) => ({
      least: Math.max(Math.min(least * outLeak, least), -LARGEST_16 - 1),
      most: Math.min(Math.max(most, most * outLeak), LARGEST_16),
    }));
    scale = outScale;
    const { weights, biases, shift } = rounded;
    const inputs = channelBlocks(layer.inputs) * 4;
    return {
      inputs,
      outputs: layer.outputs,
      weights,
      biases,
      shift,
      leak: Math.min(Math.round(outLeak * 32_768), LARGEST_16),
    };
  });
}

interface Rounded {
  weights: Int16Array;
  biases: Int32Array;
  shift: number;
  /** Ranges of the outputs before their activation. */
  sums: Range[];
}

function finest(layer: Layer, ranges: readonly Range[], inScale: number, outScale: number): Rounded {
  for (let shift = MOST_SHIFT; shift > 0; shift--) {
    const rounded = roundedAt(layer, ranges, (outScale / inScale) * 2 ** shift, outScale * 2 ** shift, shift);
    if (rounded) return rounded;
  }
  throw new RangeError('a layer has weights that 16 bits cannot hold');
}

/** Null where a weight does not fit 16 bits or a sum 32. */
function roundedAt(
  { inputs, outputs, weights, bias }: Layer,
  ranges: readonly Range[],
  weightScale: number,
  biasScale: number,
  shift: number,
): Rounded | null {
  const channels = channelBlocks(inputs) * 4;
  const packed = new Int16Array(TAPS * channels * outputs);
  const half = 2 ** (shift - 1);
  const biases = new Int32Array(outputs);
  const sums: Range[] = [];
  for (let output = 0; output < outputs; output++) {
    const start = Math.round((bias[output] ?? 0) * biasScale) + half;
    let least = Math.min(start, 0);
    let most = Math.max(start, 0);
    for (let tap = 0; tap < TAPS; tap++) {
      for (let input = 0; input < channels; input++) {
        const weight = Math.round((weights[indexOf(tap, input, output, channels, outputs)] ?? 0) * weightScale);
        if (Math.abs(weight) > LARGEST_16) return null;
        packed[packedIndexOf(tap, input, output, channels, outputs)] = weight;
        const range = ranges[input] ?? { least: 0, most: 0 };
        least += Math.min(weight * range.least, weight * range.most);
        most += Math.max(weight * range.least, weight * range.most);
      }
    }
    // Neither the sum nor any part of it, in whatever order it is added up.
    if (most > LARGEST_32 || least < -LARGEST_32) return null;
    biases[output] = start;
    sums.push({ least: least / 2 ** shift, most: most / 2 ** shift });
  }
  return { weights: packed, biases, shift, sums };
}

/** Place of a weight in {@link Layer.weights}. */
function indexOf(tap: number, input: number, output: number, channels: number, outputs: number): number {
  const row = (tap * channelBlocks(channels) + (input >> 2)) * channelBlocks(outputs);
  return (row + (output >> 2)) * 16 + (input & 3) * 4 + (output & 3);
}

/** Place of a weight in {@link QuantizedLayer.weights}. */
function packedIndexOf(tap: number, input: number, output: number, channels: number, outputs: number): number {
  const group = output >> 3;
  const groupOutputs = Math.min(8, outputs - group * 8);
  const pair = (tap * channels + input) >> 1;
  return group * 8 * TAPS * channels + (pair * groupOutputs + (output - group * 8)) * 2 + (input & 1);
}

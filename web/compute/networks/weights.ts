import { MeshError } from '../../../shared/errors.ts';
import type { NetworkShape } from '../models/manifest.ts';

export const TAPS = 9;

/** A 3x3 convolution. */
export interface Layer {
  /** Input channels; padded with zeros to whole blocks of four in `weights`. */
  inputs: number;
  outputs: number;
  /** [tap][block of 4 inputs][block of 4 outputs][input in its block][output in its block]. */
  weights: Float32Array;
  /** [output]. */
  bias: Float32Array;
}

/** Number of blocks of four channels. */
export function channelBlocks(channels: number): number {
  return Math.ceil(channels / 4);
}

/** Reads the blob that `training/export.py` packs; its docstring describes the order. Throws MeshError `malformed`. */
export function unpackLayers(shape: NetworkShape, blob: ArrayBuffer): Layer[] {
  checkShape(shape);
  const { widths } = shape;
  const layers: Layer[] = [];
  let offset = 0;
  const take = (length: number) => {
    if (offset + length * 4 > blob.byteLength) throw sizeError(blob.byteLength);
    const values = new Float32Array(blob, offset, length);
    offset += length * 4;
    return values;
  };
  for (const [n, outputs] of widths.slice(1).entries()) {
    const inputs = widths[n] ?? 0;
    const weights = take(TAPS * channelBlocks(inputs) * channelBlocks(outputs) * 16);
    layers.push({ inputs, outputs, weights, bias: take(outputs) });
  }
  if (offset !== blob.byteLength) throw sizeError(blob.byteLength);
  return layers;
}

/** The manifest's schema does not check how the numbers fit together. */
function checkShape({ widths, outputs }: NetworkShape): void {
  const colours = outputs === 'luma' ? 1 : 3;
  const isWhole = widths[0] === 3 && widths.at(-1) === colours * 4 && widths.slice(1).every((width) => width % 4 === 0);
  if (!isWhole) throw MeshError.malformed(`A network's widths ${widths.join('-')} do not fit together.`);
}

function sizeError(sizeBytes: number): MeshError {
  return MeshError.malformed(`A network's weights of ${sizeBytes} bytes do not fit its shape.`);
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bits of the nearest half-precision number; ties go to even (IEEE 754 binary16). `Float16Array` is too new to rely on. */
export function toFloat16Bits(value: number): number {
  float[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7c00;
  // Below 2^-14 half-precision numbers are multiples of 2^-24.
  if (magnitude < 2 ** -14) return sign | roundedToEven(magnitude * 2 ** 24);
  const exponent = ((word >>> 23) & 0xff) - 127;
  const steps = roundedToEven((magnitude / 2 ** exponent - 1) * 1024);
  // A mantissa that overflows carries into the exponent, which is right.
  return sign | (((exponent + 15) << 10) + steps);
}

function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below + (below % 2);
  return rest < 0.5 ? below : below + 1;
}

import { channelBlocks, type Layer, TAPS } from '../../networks/weights.ts';
import { isSoftware } from '../gpu-device.ts';

/** Properties of a device that decide how networks run on it. */
export interface DeviceTraits {
  /** Whether it supports half precision. */
  hasF16: boolean;
  isSoftware: boolean;
}

/** How the kernel of one layer is written for a device. */
export interface KernelVariant {
  precision: 'f16' | 'f32';
  weightsIn: 'literals' | 'buffer';
  /** Texture format of the features between layers. */
  format: 'rgba16float' | 'rgba32float';
  /** Pixels that one thread computes, across and down. */
  tile: readonly [number, number];
  /** Whether half-precision sums cover one block of inputs and are added up in single precision. */
  sumsByBlock: boolean;
}

/**
 * A good choice on most GPUs: whole wavefronts of 32 or 64 threads, close enough to a square that neighbours share what they read. 16x4
 * measured the same.
 */
export const WORKGROUP = [8, 8] as const;

/** The largest first. More pixels per thread reuse weights and features: 2x2 reads 4 positions a pixel instead of 9. */
const TILES = [
  [2, 2],
  [2, 1],
  [1, 1],
] as const;

/**
 * 32-bit registers for the sums of a thread. Together with what it reads, that is about half of what a thread may have before occupancy
 * drops.
 */
const MAX_SUM_REGISTERS = 64;

/**
 * Matrix-vector products in one shader whose weights are literals. On a GPU 256 of them are about 4,000 instructions, which fit its
 * instruction cache; beyond that a loop over a uniform buffer is shorter. SwiftShader reads a buffer lane by lane (10 times slower than
 * literals at 32 channels), so literals are right there at any length, and the limit only keeps compiling short.
 */
const MAX_LITERAL_PRODUCTS = 256;
const MAX_LITERAL_PRODUCTS_IN_SOFTWARE = 600;

/**
 * Inputs from which half-precision sums are too inexact: 9x16 products lose half an 8-bit step at worst, 9x32 in six layers three steps
 * (kernel-variant.test.ts). Sums of 36 products that are added up in single precision cost a ninth more instructions.
 */
const ROUGH_FROM_INPUTS = 32;

export function deviceTraits(device: GPUDevice): DeviceTraits {
  return { hasF16: device.features.has('shader-f16'), isSoftware: isSoftware(device.adapterInfo) };
}

export function variantFor({ inputs, outputs }: Layer, traits: DeviceTraits): KernelVariant {
  const precision = traits.hasF16 ? 'f16' : 'f32';
  const products = TAPS * channelBlocks(inputs) * channelBlocks(outputs);
  const sumsByBlock = traits.hasF16 && inputs >= ROUGH_FROM_INPUTS;
  const registers = outputs * (traits.hasF16 ? (sumsByBlock ? 1.5 : 0.5) : 1);
  const fits = ([across, down]: readonly [number, number]) =>
    registers * across * down <= MAX_SUM_REGISTERS &&
    (!traits.isSoftware || products * across * down <= MAX_LITERAL_PRODUCTS_IN_SOFTWARE);
  const tile = TILES.find(fits) ?? [1, 1];
  const isShort = products * tile[0] * tile[1] <= MAX_LITERAL_PRODUCTS;
  return {
    precision,
    weightsIn: traits.isSoftware || isShort ? 'literals' : 'buffer',
    // Half the bytes, which is what a GPU waits for. SwiftShader would spend more time converting them.
    format: traits.isSoftware ? 'rgba32float' : 'rgba16float',
    tile,
    sumsByBlock,
  };
}

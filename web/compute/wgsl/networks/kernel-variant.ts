import { blocksOf, type Layer, TAPS } from '../../networks/weights.ts';
import { isSoftware } from '../gpu-device.ts';

/** What of a device decides how a network runs on it. */
export interface DeviceTraits {
  /** Whether it computes in half precision. */
  hasF16: boolean;
  isSoftware: boolean;
}

/** How one layer is written for a device. */
export interface KernelVariant {
  precision: 'f16' | 'f32';
  weightsIn: 'literals' | 'buffer';
  /** Of the features between layers. */
  format: 'rgba16float' | 'rgba32float';
  /** Pixels of one thread, across and down. */
  tile: readonly [number, number];
  /** Half-precision sums go over one block of inputs, and are added up in single precision. */
  sumsByBlock: boolean;
}

/** Widely right: whole wavefronts of 32 or 64, near enough to a square that neighbours share what they read. 16x4 measured the same. */
export const WORKGROUP = [8, 8] as const;

/** The largest first. More pixels a thread reuse weights and features (2x2 reads 4 places a pixel instead of 9). */
const TILES = [
  [2, 2],
  [2, 1],
  [1, 1],
] as const;

/** Sums of a thread, in registers of 32 bits: with what it reads about half of what a thread may have before fewer run at a time. */
const MAX_SUM_REGISTERS = 64;

/**
 * Products of a matrix and a vector in one shader whose weights are literals. On a GPU 256 of them are about 4,000 instructions, which
 * its instruction cache holds; past it a loop over a uniform buffer is shorter. SwiftShader reads a buffer lane by lane (10 times
 * slower than literals at 32 channels), so there literals are right at any length, and the bound only keeps compiling short.
 */
const MAX_LITERAL_PRODUCTS = 256;
const MAX_LITERAL_PRODUCTS_IN_SOFTWARE = 600;

/**
 * Inputs from which half-precision sums are too rough: 9x16 products lose half a step of 8 bits at worst, 9x32 in six layers three
 * (float16.test.ts). Sums of 36 products that are then added up in single precision cost a ninth more instructions.
 */
const ROUGH_FROM_INPUTS = 32;

export function deviceTraits(device: GPUDevice): DeviceTraits {
  return { hasF16: device.features.has('shader-f16'), isSoftware: isSoftware(device.adapterInfo) };
}

export function variantFor({ inputs, outputs }: Layer, traits: DeviceTraits): KernelVariant {
  const precision = traits.hasF16 ? 'f16' : 'f32';
  const products = TAPS * blocksOf(inputs) * blocksOf(outputs);
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
    // Half the bytes, where bytes are what it waits for; SwiftShader has to convert them, which takes it longer.
    format: traits.isSoftware ? 'rgba32float' : 'rgba16float',
    tile,
    sumsByBlock,
  };
}

import { MeshError } from '../../errors.ts';
import type { PackedTask, PixelImage, Verification } from '../definition.ts';
import { IMAGE, TRUST } from '../tuning.ts';
import { INPUT_KINDS, isNetwork, type UpscaleParams } from './quality.ts';

/** Along one axis, in source pixels and in those of the result: what is computed again, and what of that no cut has falsified. */
interface Stretch {
  from: number;
  length: number;
  outFrom: number;
  outLength: number;
  /** Of the result, counted from `outFrom`. */
  rightFrom: number;
  rightTo: number;
}

/**
 * A random tile, computed again by this machine. A cut-out does not tell the kind of a whole picture's pixels, so a network's tile is
 * compared with what either set of its weights gives. Throws MeshError `verify-failed`.
 */
export function* verifyUpscaled(
  { params, attachments }: PackedTask<UpscaleParams>,
  image: PixelImage,
  random: () => number,
): Verification {
  const across = stretchOf(params.width, params.outWidth, random);
  const down = stretchOf(params.height, params.outHeight, random);
  const pixels = cropped(attachments[0] ?? new Uint8Array(0), params.width, across, down);
  const tile = { width: across.length, height: down.length, outWidth: across.outLength, outHeight: down.outLength };
  const tolerance = isNetwork(params.quality) ? IMAGE.networkTolerance8bit : IMAGE.tolerance8bit;
  for (const input of isNetwork(params.quality) ? INPUT_KINDS : [undefined]) {
    const tileParams: UpscaleParams = { ...tile, quality: params.quality, ...(input && { input }) };
    const ours = yield { task: { params: tileParams, attachments: [pixels] }, by: 'us' };
    if (agrees(ours?.attachments[0] ?? new Uint8Array(0), image, across, down, tolerance)) return;
  }
  throw MeshError.verifyFailed('An upscaled picture is not what its source gives there.');
}

/** Whole steps of the ratio, so that the tile's pixels lie where those of the picture do. */
function stretchOf(length: number, outLength: number, random: () => number): Stretch {
  const steps = greatestDivisor(length, outLength);
  const step = length / steps;
  const outStep = outLength / steps;
  const count = Math.min(steps, Math.ceil((TRUST.tileSide + 2 * TRUST.tileHalo) / step));
  const first = Math.min(steps - count, Math.floor(random() * (steps - count + 1)));
  const halo = Math.ceil((TRUST.tileHalo / step) * outStep);
  return {
    ...{ from: first * step, length: count * step, outFrom: first * outStep, outLength: count * outStep },
    rightFrom: first === 0 ? 0 : halo,
    rightTo: count * outStep - (first + count === steps ? 0 : halo),
  };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function cropped(pixels: Uint8Array, width: number, across: Stretch, down: Stretch): Uint8Array {
  const tile = new Uint8Array(across.length * down.length * 4);
  for (let y = 0; y < down.length; y++) {
    const start = ((down.from + y) * width + across.from) * 4;
    tile.set(pixels.subarray(start, start + across.length * 4), y * across.length * 4);
  }
  return tile;
}

/** All but a few values: where a filter chooses between two edges, rounding may choose the other. */
function agrees(
  ours: Uint8Array,
  { width, data }: PixelImage,
  across: Stretch,
  down: Stretch,
  tolerance: number,
): boolean {
  if (ours.byteLength !== across.outLength * down.outLength * 4) return false;
  let differing = 0;
  let count = 0;
  for (let y = down.rightFrom; y < down.rightTo; y++) {
    for (let x = across.rightFrom; x < across.rightTo; x++) {
      const at = (y * across.outLength + x) * 4;
      const there = ((down.outFrom + y) * width + across.outFrom + x) * 4;
      count++;
      if (!isNear(ours, at, data, there, tolerance)) differing++;
    }
  }
  return differing <= count * TRUST.tileExceptions;
}

/** Colours behind what is all but transparent are noise, and weigh as much as they show. */
function isNear(ours: Uint8Array, at: number, theirs: PixelImage['data'], there: number, tolerance: number): boolean {
  const alpha = ours[at + 3] ?? 0;
  if (Math.abs(alpha - (theirs[there + 3] ?? 0)) > tolerance) return false;
  for (let channel = 0; channel < 3; channel++) {
    const difference = Math.abs((ours[at + channel] ?? 0) - (theirs[there + channel] ?? 0));
    if (difference * alpha > tolerance * 255) return false;
  }
  return true;
}

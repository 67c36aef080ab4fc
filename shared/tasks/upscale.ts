import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';
import type { PackedTask, PixelImage, TaskDefinition, Verification } from './definition.ts';
import { noValue } from './packing.ts';

/** First deadline of each quality, ms. */
const FIRST_DEADLINE_MS = { bilinear: 100, bicubic: 100, spatial: 100, fast: 100, balanced: 1_000, quality: 1_000 };

/** Size limits of an `upscale` task, and the tolerances for comparing its results. */
export const IMAGE = {
  /** Largest difference of a channel between two correct backends, of 255: one rounding step in each of two passes. */
  tolerance8bit: 2,
  /** The same for a network and its reference: half precision loses a few more steps on the way through the layers. */
  networkTolerance8bit: 4,
  /** Longest side of an image, pixels. */
  maxImageSide: 8_192,
  maxOutputPixels: 16 * 1024 * 1024,
} as const;

/** The tile of a picture that a check computes again. */
export const CHECKED_TILE = {
  /** Side in source pixels: a tenth of a second on a slow CPU. */
  sidePx: 32,
  /** Source pixels around it that keep the cut from changing it: the deepest network reads 6 pixels to each side, the filter after it 2. */
  haloPx: 8,
  /** Share of its pixels that may differ: where a filter chooses between two edges, rounding may choose the other one. */
  maxDifferingShare: 0.005,
} as const;

/** Qualities computed by a filter: every machine supports them, at any ratio. */
export const FILTERS = ['bilinear', 'bicubic', 'spatial'] as const;
export type Filter = (typeof FILTERS)[number];

/** Qualities computed by a neural network, the cheapest first: it doubles the picture, and a filter then scales to the requested size. */
export const NETWORKS = ['fast', 'balanced', 'quality'] as const;
export type Network = (typeof NETWORKS)[number];

/** All qualities, the cheapest first. */
export const QUALITIES = [...FILTERS, ...NETWORKS] as const;
export type Quality = (typeof QUALITIES)[number];

/** Kinds of source pixels. `aliased`: one sample each, as games render without anti-aliasing; `smooth`: an average over the pixel's area, as in films and photos. */
export const INPUT_KINDS = ['smooth', 'aliased'] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

/** Names of the networks' models: one for each kind of input. */
export const NETWORK_MODELS: readonly string[] = NETWORKS.flatMap((network) =>
  INPUT_KINDS.map((kind) => `${network}-${kind}`),
);

export interface UpscaleParams {
  width: number;
  height: number;
  outWidth: number;
  outHeight: number;
  quality: Quality;
  /** Given for a part of a picture, which may be too small to show it; otherwise it is detected by the machine that computes. */
  input?: InputKind;
}

export function isNetwork(quality: Quality): quality is Network {
  return NETWORKS.some((name) => name === quality);
}

export interface UpscaleInput {
  image: PixelImage;
  scale?: number | undefined;
  width?: number | undefined;
  height?: number | undefined;
  quality?: Quality | undefined;
}
export interface UpscaleResult {
  image: { width: number; height: number; data: Uint8ClampedArray };
}

const MIN_RATIO = 1;
const MAX_RATIO = 4;
const DEFAULT_SCALE = 2;

/** Work per output pixel relative to bilinear: reads and arithmetic operations, counted in the kernels and from the shapes of the networks. */
const WORK_PER_PIXEL: Record<Quality, number> = {
  bilinear: 1,
  bicubic: 3,
  spatial: 6,
  fast: 18,
  balanced: 72,
  quality: 145,
};

const side = z.int().min(1).max(IMAGE.maxImageSide);

/** `upscale` enlarges a picture by 1 to 4 on each axis. The attachment of a task, and of a result, is its RGBA pixels. */
export const upscale: TaskDefinition<UpscaleInput, UpscaleParams, UpscaleResult> = {
  type: 'upscale',
  params: z
    .strictObject({
      ...{ width: side, height: side, outWidth: side, outHeight: side },
      quality: z.enum(QUALITIES),
      input: z.enum(INPUT_KINDS).exactOptional(),
    })
    .refine((p) => isRatioAllowed(p.width, p.outWidth) && isRatioAllowed(p.height, p.outHeight), 'ratio out of 1..4')
    .refine((p) => p.outWidth * p.outHeight <= IMAGE.maxOutputPixels, 'result too large'),
  value: noValue,
  cacheable: true,
  pack(input) {
    const { image } = input;
    const size = outputSize(image, input);
    const quality = checkedQuality(input.quality ?? 'spatial');
    return {
      params: { width: image.width, height: image.height, ...size, quality },
      attachments: [new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength).slice()],
    };
  },
  checkAttachments({ width, height }, attachments) {
    if (attachments.length !== 1 || attachments[0]?.byteLength !== width * height * 4) {
      throw MeshError.malformed('An upscale task arrived with the wrong number of pixels.');
    }
  },
  unpackResult({ params: { outWidth, outHeight } }, { attachments }) {
    const pixels = attachments[0];
    if (attachments.length !== 1 || pixels?.byteLength !== outWidth * outHeight * 4) {
      throw MeshError.malformed('An upscaled picture came back with the wrong size.');
    }
    const data = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    return { image: { width: outWidth, height: outHeight, data } };
  },
  firstDeadlineMs: ({ quality }) => FIRST_DEADLINE_MS[quality],
  // All filters run on the same backend; each network may run on another one, at another speed for its cost.
  kindOf: ({ quality }) => (isNetwork(quality) ? `upscale:${quality}` : 'upscale'),
  cost: ({ outWidth, outHeight, quality }) => outWidth * outHeight * WORK_PER_PIXEL[quality],
  resultBytes: ({ outWidth, outHeight }) => outWidth * outHeight * 4,
  verify: (task, { image }, random) => verifyUpscaled(task, image, random),
};

/** Returns `quality`. Throws MeshError `bad-input` if it is unknown. */
export function checkedQuality(quality: Quality): Quality {
  if (QUALITIES.includes(quality)) return quality;
  throw MeshError.badInput(`There is no quality '${quality}'. Use one of ${QUALITIES.join(', ')}.`);
}

function outputSize(
  image: PixelImage,
  { scale = DEFAULT_SCALE, width, height }: Omit<UpscaleInput, 'image'>,
): { outWidth: number; outHeight: number } {
  checkImage(image);
  const exact = width !== undefined || height !== undefined;
  if (exact && (width === undefined || height === undefined)) {
    throw MeshError.badInput('Give both width and height of the result, or a scale.');
  }
  // Checked separately: on a small picture, rounding would hide a scale that is out of range.
  const isScaleAllowed = exact || isRatioAllowed(1, scale);
  const outWidth = width ?? Math.round(image.width * scale);
  const outHeight = height ?? Math.round(image.height * scale);
  const isInteger = Number.isInteger(outWidth) && Number.isInteger(outHeight);
  const isSizeAllowed = isRatioAllowed(image.width, outWidth) && isRatioAllowed(image.height, outHeight);
  if (!isScaleAllowed || !isInteger || !isSizeAllowed) {
    throw MeshError.badInput(
      `A picture can be enlarged by ${MIN_RATIO} to ${MAX_RATIO} on each axis, in whole pixels. Choose another size or scale.`,
    );
  }
  if (Math.max(outWidth, outHeight) > IMAGE.maxImageSide || outWidth * outHeight > IMAGE.maxOutputPixels) {
    throw MeshError.tooLarge('The result', outWidth * outHeight * 4, IMAGE.maxOutputPixels * 4);
  }
  return { outWidth, outHeight };
}

function checkImage({ width, height, data }: PixelImage): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw MeshError.badInput(
      `An image of ${width}x${height} has no pixels. Wait until it has loaded, or give another.`,
    );
  }
  if (data.byteLength !== width * height * 4) {
    throw MeshError.badInput(
      `RGBA pixels of ${width}x${height} are ${width * height * 4} bytes, not ${data.byteLength}.`,
    );
  }
}

function isRatioAllowed(from: number, to: number): boolean {
  return to >= from * MIN_RATIO && to <= from * MAX_RATIO;
}

/** Extent of a checked tile along one axis. */
interface Span {
  /** In source pixels. */
  from: number;
  length: number;
  /** In pixels of the result. */
  outFrom: number;
  outLength: number;
  /** Part of the result that the cut edges do not affect, relative to `outFrom`; `validTo` is exclusive. */
  validFrom: number;
  validTo: number;
}

/**
 * Checks a random tile by computing it again on this machine. A tile does not reveal the kind of the whole picture's pixels, so for a
 * network the tile may match either set of its weights. Throws MeshError `verify-failed`.
 */
function* verifyUpscaled(
  { params, attachments }: PackedTask<UpscaleParams>,
  image: PixelImage,
  random: () => number,
): Verification {
  const across = randomSpan(params.width, params.outWidth, random);
  const down = randomSpan(params.height, params.outHeight, random);
  const pixels = cropped(attachments[0] ?? new Uint8Array(0), params.width, across, down);
  const tile = { width: across.length, height: down.length, outWidth: across.outLength, outHeight: down.outLength };
  const tolerance = isNetwork(params.quality) ? IMAGE.networkTolerance8bit : IMAGE.tolerance8bit;
  for (const input of isNetwork(params.quality) ? INPUT_KINDS : [undefined]) {
    const tileParams: UpscaleParams = { ...tile, quality: params.quality, ...(input && { input }) };
    const ours = yield { task: { params: tileParams, attachments: [pixels] }, by: 'us' };
    if (agrees(ours?.attachments[0] ?? new Uint8Array(0), image, across, down, tolerance)) return;
  }
  throw MeshError.verifyFailed('An upscaled picture does not match its source.');
}

/** A random span of whole steps of the ratio, so that the tile's pixels are aligned with those of the picture. */
function randomSpan(length: number, outLength: number, random: () => number): Span {
  const steps = greatestDivisor(length, outLength);
  const step = length / steps;
  const outStep = outLength / steps;
  const count = Math.min(steps, Math.ceil((CHECKED_TILE.sidePx + 2 * CHECKED_TILE.haloPx) / step));
  const first = Math.min(steps - count, Math.floor(random() * (steps - count + 1)));
  const halo = Math.ceil((CHECKED_TILE.haloPx / step) * outStep);
  return {
    ...{ from: first * step, length: count * step, outFrom: first * outStep, outLength: count * outStep },
    validFrom: first === 0 ? 0 : halo,
    validTo: count * outStep - (first + count === steps ? 0 : halo),
  };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function cropped(pixels: Uint8Array, width: number, across: Span, down: Span): Uint8Array {
  const tile = new Uint8Array(across.length * down.length * 4);
  for (let y = 0; y < down.length; y++) {
    const start = ((down.from + y) * width + across.from) * 4;
    tile.set(pixels.subarray(start, start + across.length * 4), y * across.length * 4);
  }
  return tile;
}

/** Compares all but a few pixels: where a filter chooses between two edges, rounding may choose the other one. */
function agrees(ours: Uint8Array, { width, data }: PixelImage, across: Span, down: Span, tolerance: number): boolean {
  if (ours.byteLength !== across.outLength * down.outLength * 4) return false;
  let differing = 0;
  let count = 0;
  for (let y = down.validFrom; y < down.validTo; y++) {
    for (let x = across.validFrom; x < across.validTo; x++) {
      const at = (y * across.outLength + x) * 4;
      const there = ((down.outFrom + y) * width + across.outFrom + x) * 4;
      count++;
      if (!isNear(ours, at, data, there, tolerance)) differing++;
    }
  }
  return differing <= count * CHECKED_TILE.maxDifferingShare;
}

/** Compares one pixel. Colour differences are weighted by alpha, since the colours of nearly transparent pixels are noise. */
function isNear(ours: Uint8Array, at: number, theirs: PixelImage['data'], there: number, tolerance: number): boolean {
  const alpha = ours[at + 3] ?? 0;
  if (Math.abs(alpha - (theirs[there + 3] ?? 0)) > tolerance) return false;
  for (let channel = 0; channel < 3; channel++) {
    const difference = Math.abs((ours[at + channel] ?? 0) - (theirs[there + channel] ?? 0));
    if (difference * alpha > tolerance * 255) return false;
  }
  return true;
}

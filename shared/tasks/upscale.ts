import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';
import type { PackedResult, PackedTask, PixelImage, TaskDefinition, Verification } from './definition.ts';
import { noValue } from './packing.ts';
import { agrees, type PictureTile, randomTile, sourceOf } from './upscale-tile.ts';

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

/** Checks a random tile by computing it again on this machine. Throws MeshError `verify-failed`. */
function* verifyUpscaled(
  { params, attachments }: PackedTask<UpscaleParams>,
  image: PixelImage,
  random: () => number,
): Verification {
  const tile = randomTile(params, random);
  const source = sourceOf(attachments[0] ?? new Uint8Array(0), params.width, tile);
  return yield* verifyTile(params.quality, tile, source, image);
}

/** Compares a tile as computed again with the result that holds it. */
export type CompareTile = (ours: Uint8Array, image: PixelImage, tile: PictureTile, tolerance: number) => boolean;

/**
 * Checks a tile by computing it again from its source pixels. A tile does not reveal the kind of the whole picture's pixels, so for a network
 * it may match either set of its weights. Throws MeshError `verify-failed`.
 */
export function* verifyTile(
  quality: Quality,
  tile: PictureTile,
  source: Uint8Array,
  image: PixelImage,
  isSame: CompareTile = agrees,
): Generator<{ task: PackedTask<UpscaleParams>; by: 'us' }, void, PackedResult | undefined> {
  const { across, down } = tile;
  const size = { width: across.length, height: down.length, outWidth: across.outLength, outHeight: down.outLength };
  const tolerance = isNetwork(quality) ? IMAGE.networkTolerance8bit : IMAGE.tolerance8bit;
  for (const input of isNetwork(quality) ? INPUT_KINDS : [undefined]) {
    const params: UpscaleParams = { ...size, quality, ...(input && { input }) };
    const ours = yield { task: { params, attachments: [source] }, by: 'us' };
    if (isSame(ours?.attachments[0] ?? new Uint8Array(0), image, tile, tolerance)) return;
  }
  throw MeshError.verifyFailed('An upscaled picture does not match its source.');
}

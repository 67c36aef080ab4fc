import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';
import type { PackedResult, PackedTask, PixelImage, TaskDefinition, Verification } from './definition.ts';
import { attachmentAt, noValue } from './packing.ts';
import { isRatioAllowed, outputSize, type WantedSize } from './upscale-size.ts';
import { cropSource, isOpaque, type PictureTile, randomTile, tileAgrees } from './upscale-tile.ts';
import { pasteTile, type ResizedPicture, tilesOf } from './upscale-tiling.ts';

/** First deadline of each quality, ms. */
const FIRST_DEADLINE_MS: Record<Quality, number> = {
  bilinear: 100,
  bicubic: 100,
  spatial: 100,
  fast: 100,
  balanced: 1_000,
  quality: 1_000,
  ultra: 2_000,
};

/** Size limits of an `upscale` task, and the tolerances for comparing its results. */
export const IMAGE = {
  /** Largest difference of a channel between two correct backends, of 255: one rounding step in each of two passes. */
  tolerance8bit: 2,
  /** The same for a network and its reference: half precision loses a few more steps on the way through the layers. */
  networkTolerance8bit: 4,
  /**
   * How many times as far translucent results may be apart, over black or white: a network doubles them over both, and alpha, the difference of the
   * two, has the errors of both, of up to 4 steps each; in a filter's, colour and alpha are rounded one by one.
   */
  translucentFactor: 2,
  /** Longest side of a picture that is computed in one piece, and most pixels of its result. */
  maxImageSide: 8_192,
  maxOutputPixels: 16 * 1024 * 1024,
} as const;

/** Qualities computed by a filter: every machine supports them, at any ratio. */
export const FILTERS = ['bilinear', 'bicubic', 'spatial'] as const;
export type Filter = (typeof FILTERS)[number];

/**
 * Qualities computed by a neural network, the cheapest first: it doubles the picture, and a filter then scales to the requested size. Each is also the
 * name of its model. A stream uses `ultra` by itself only where a hardware GPU computes it; a task, wherever it is asked for.
 */
export const NETWORKS = ['fast', 'balanced', 'quality', 'ultra'] as const;
export type Network = (typeof NETWORKS)[number];

/** Convolutions of each network, all 3x3: so many source pixels to each side does a result depend on, and so many passes does a GPU make. */
export const NETWORK_LAYERS: Record<Network, number> = { fast: 4, balanced: 4, quality: 6, ultra: 9 };

/** All qualities, the cheapest first. */
export const QUALITIES = [...FILTERS, ...NETWORKS] as const;
export type Quality = (typeof QUALITIES)[number];

export interface UpscaleParams extends ResizedPicture {
  quality: Quality;
}

/** The cheaper of two qualities; null is no limit. */
export function lesserOf(quality: Quality, limit: Quality | null): Quality {
  return limit !== null && QUALITIES.indexOf(limit) < QUALITIES.indexOf(quality) ? limit : quality;
}

/** The quality below this one; the lowest has none below it. */
export function nextLower(quality: Quality): Quality {
  return QUALITIES[QUALITIES.indexOf(quality) - 1] ?? quality;
}

export function isNetwork(quality: Quality): quality is Network {
  return NETWORKS.some((name) => name === quality);
}

export interface UpscaleInput extends WantedSize {
  image: PixelImage;
  quality?: Quality | undefined;
}
export interface UpscaleResult {
  image: { width: number; height: number; data: Uint8ClampedArray };
}

/** Work per output pixel relative to bilinear: reads and arithmetic operations, counted in the kernels and from the shapes of the networks. */
const WORK_PER_PIXEL: Record<Quality, number> = {
  bilinear: 1,
  bicubic: 3,
  spatial: 6,
  fast: 18,
  balanced: 72,
  quality: 145,
  ultra: 584,
};

const side = z.int().min(1).max(IMAGE.maxImageSide);

/** `upscale` enlarges a picture by 1 to 4 on each axis. The attachment of a task, and of a result, is its RGBA pixels. */
export const upscale: TaskDefinition<UpscaleInput, UpscaleParams, UpscaleResult> = {
  type: 'upscale',
  params: z
    .strictObject({
      ...{ width: side, height: side, outWidth: side, outHeight: side },
      quality: z.enum(QUALITIES),
    })
    .refine((p) => isRatioAllowed(p.width, p.outWidth) && isRatioAllowed(p.height, p.outHeight), 'ratio out of 1..4')
    .refine((p) => p.outWidth * p.outHeight <= IMAGE.maxOutputPixels, 'result too large'),
  value: noValue,
  cacheable: true,
  pack(input) {
    const { image } = input;
    const size = outputSize(image, input);
    checkPixels(image);
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
  loadsFiles: ({ quality }) => isNetwork(quality),
  cost: ({ outWidth, outHeight, quality }) => outWidth * outHeight * WORK_PER_PIXEL[quality],
  resultBytes: ({ outWidth, outHeight }) => outWidth * outHeight * 4,
  verify: (task, { image }, random) => verifyUpscaled(task, image, random),
  tiles({ params, attachments }) {
    const tiles = tilesOf(params);
    if (!tiles) return null;
    const { width, outWidth, quality } = params;
    const [data = new Uint8Array(0)] = attachments;
    const whole = wholePicture(params);
    const tileAt = (n: number) => {
      const tile = tiles[n];
      if (!tile) throw new RangeError(`tile ${n} of ${tiles.length}`);
      return tile;
    };
    return {
      count: tiles.length,
      cut: (n) => ({
        params: { ...tileShape(tileAt(n)), quality },
        attachments: [cropSource(data, width, tileAt(n))],
      }),
      paste: (n, result) => pasteTile(whole, outWidth, tileAt(n), attachmentAt(result.attachments, 0)),
      whole: { value: null, attachments: [whole] },
    };
  },
};

/** Returns `quality`. Throws MeshError `bad-input` if it is unknown. */
export function checkedQuality(quality: Quality): Quality {
  if (QUALITIES.includes(quality)) return quality;
  throw MeshError.badInput(`There is no quality '${quality}'. Use one of ${QUALITIES.join(', ')}.`);
}

/** Joins the results of the tiles. Throws MeshError `too-large` without memory for it. */
function wholePicture({ outWidth, outHeight }: UpscaleParams): Uint8Array {
  try {
    return new Uint8Array(outWidth * outHeight * 4);
  } catch (cause) {
    const message = `This browser has no memory for a picture of ${outWidth}x${outHeight}. Close other pages, or choose a smaller scale.`;
    throw new MeshError('too-large', message, { cause });
  }
}

function checkPixels({ width, height, data }: PixelImage): void {
  if (data.byteLength === width * height * 4) return;
  throw MeshError.badInput(
    `RGBA pixels of ${width}x${height} are ${width * height * 4} bytes, not ${data.byteLength}.`,
  );
}

/** Checks a random tile by computing it again on this machine. Throws MeshError `verify-failed`. */
function* verifyUpscaled(
  { params, attachments }: PackedTask<UpscaleParams>,
  image: PixelImage,
  random: () => number,
): Verification {
  const tile = randomTile(params, random);
  const source = cropSource(attachments[0] ?? new Uint8Array(0), params.width, tile);
  return yield* verifyTile(params.quality, tile, source, image);
}

function tileShape({ across, down }: PictureTile): ResizedPicture {
  return { width: across.length, height: down.length, outWidth: across.outLength, outHeight: down.outLength };
}

/** Compares a tile as computed again with the result that holds it. */
export type CompareTile = (ours: Uint8Array, image: PixelImage, tile: PictureTile, tolerance: number) => boolean;

/** Checks a tile by computing it again from its source pixels. Throws MeshError `verify-failed`. */
export function* verifyTile(
  quality: Quality,
  tile: PictureTile,
  source: Uint8Array,
  image: PixelImage,
  isSame: CompareTile = tileAgrees,
): Generator<{ task: PackedTask<UpscaleParams>; by: 'us' }, void, PackedResult | undefined> {
  const tolerance =
    (isNetwork(quality) ? IMAGE.networkTolerance8bit : IMAGE.tolerance8bit) *
    (isOpaque({ data: source }) ? 1 : IMAGE.translucentFactor);
  const params: UpscaleParams = { ...tileShape(tile), quality };
  const ours = yield { task: { params, attachments: [source] }, by: 'us' };
  if (isSame(ours?.attachments[0] ?? new Uint8Array(0), image, tile, tolerance)) return;
  throw MeshError.verifyFailed('An upscaled picture does not match its source.');
}

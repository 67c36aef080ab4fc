import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';
import type { PixelImage, TaskDefinition } from './definition.ts';
import { FIRST_DEADLINE_MS, IMAGE } from './tuning.ts';
import { INPUT_KINDS, isNetwork, QUALITIES, type Quality, type UpscaleParams } from './upscale/quality.ts';
import { verifyUpscaled } from './upscale/verify.ts';

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

export * from './upscale/quality.ts';

const MIN_RATIO = 1;
const MAX_RATIO = 4;
const DEFAULT_SCALE = 2;

/** Work of one output pixel relative to bilinear: reads and arithmetic of the passes, counted in the kernels and from the networks' shapes. */
const WORK_PER_PIXEL: Record<Quality, number> = { bilinear: 1, spatial: 6, fast: 18, balanced: 72, quality: 145 };

const side = z.int().min(1).max(IMAGE.maxImageSide);

/** `upscale` makes a picture 1 to 4 times as large on each axis. */
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
      throw MeshError.malformed('An upscale task came without all of its pixels.');
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
  firstDeadlineMs: ({ quality }) => FIRST_DEADLINE_MS.upscale[quality],
  // All filters run on one backend; each network may run on another, and never at a filter's speed for its cost.
  kindOf: ({ quality }) => (isNetwork(quality) ? `upscale:${quality}` : 'upscale'),
  cost: ({ outWidth, outHeight, quality }) => outWidth * outHeight * WORK_PER_PIXEL[quality],
  resultBytes: ({ outWidth, outHeight }) => outWidth * outHeight * 4,
  verify: (task, { image }, random) => verifyUpscaled(task, image, random),
};

/** Throws MeshError `bad-input`. */
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
  // On a small picture, rounding would hide a scale that is out of range.
  const isScaleAllowed = exact || isRatioAllowed(1, scale);
  const outWidth = width ?? Math.round(image.width * scale);
  const outHeight = height ?? Math.round(image.height * scale);
  const isInteger = Number.isInteger(outWidth) && Number.isInteger(outHeight);
  const isSizeAllowed = isRatioAllowed(image.width, outWidth) && isRatioAllowed(image.height, outHeight);
  if (!isScaleAllowed || !isInteger || !isSizeAllowed) {
    throw MeshError.badInput(
      `A picture can become ${MIN_RATIO} to ${MAX_RATIO} times as large on each axis, in whole pixels.`,
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

import { DETAIL_GAIN_LIMITS, MAX_ADDED_LEVELS, MAX_DETAIL_CODES, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { upscaleReference } from '../../compute/reference/upscale.ts';
import { checkFrameShape } from '../../compute/video-frames.ts';
import type { AppliedDetail } from './composer.ts';

/** Largest weight of detail: a network that falls short is never trusted with more than this. */
const MAX_WEIGHT = 4;

/** What detail adds, without where. */
export type DetailScale = Pick<AppliedDetail, 'gain' | 'weight' | 'deadZoneCodes' | 'maxSteps'>;

/**
 * Checks what is about to be composed: detail comes from another machine. Throws MeshError `bad-input` where the sizes of picture and target do
 * not go together or numbers are out of range, `malformed` where detail has another size than the target.
 */
export function checkComposition(raw: PictureSize, detail: AppliedDetail | null, out: PictureSize): void {
  const { width, height } = raw;
  checkFrameShape({ width, height, outWidth: out.width, outHeight: out.height, quality: 'bicubic' });
  if (!detail) return;
  const { codes, gain, weight, deadZoneCodes, maxSteps = MAX_ADDED_LEVELS } = detail;
  if (codes.length !== out.width * out.height) {
    throw MeshError.malformed(
      `Detail of ${codes.length} pixels arrived for a picture of ${out.width}x${out.height}, which has another number.`,
    );
  }
  const isInRange = (value: number, min: number, max: number) => value >= min && value <= max;
  if (
    !isInRange(gain, DETAIL_GAIN_LIMITS.min, DETAIL_GAIN_LIMITS.max) ||
    !isInRange(weight, 0, MAX_WEIGHT) ||
    !isInRange(deadZoneCodes, 0, NO_DETAIL_CODE) ||
    !isInRange(maxSteps, 0, 255)
  ) {
    throw MeshError.badInput(
      `Detail with gain ${gain}, weight ${weight} and a dead zone of ${deadZoneCodes} codes, and at most ${maxSteps} steps, cannot be added. Reload the page.`,
    );
  }
}

/** Steps of 255 that one code of detail adds, in 2048ths: the kernels compute in 16 bits, and where all ways round alike, they add alike. */
export function stepsPerCode({ gain, weight }: DetailScale): number {
  return Math.round((weight / gain) * 2048) / 2048;
}

/** What a code adds, in whole 8-bit levels. */
export function addedSteps(code: number, scale: DetailScale): number {
  const distance = limited(code - NO_DETAIL_CODE, MAX_DETAIL_CODES);
  if (Math.abs(distance) <= scale.deadZoneCodes) return 0;
  return limited(Math.round(distance * stepsPerCode(scale)), scale.maxSteps ?? MAX_ADDED_LEVELS);
}

function limited(value: number, most: number): number {
  return Math.min(Math.max(value, -most), most);
}

/**
 * The definition of composition in plain TypeScript, which the other ways match within one 8-bit level: the bicubic filter, and the same addition
 * to red, green and blue, limited to 0..255. Opaque RGBA8.
 *
 * @param codes - of the output size; null adds nothing.
 */
export function composePixels(
  picture: PixelImage,
  codes: Uint8Array | null,
  scale: DetailScale,
  out: PictureSize,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = upscaleReference(picture, { outWidth: out.width, outHeight: out.height, quality: 'bicubic' });
  if (!codes) return pixels;
  const added = Int16Array.from({ length: 256 }, (_, code) => addedSteps(code, scale));
  for (let i = 0, at = 0; i < codes.length; i++, at += 4) {
    const offset = added[codes[i] ?? NO_DETAIL_CODE] ?? 0;
    if (offset === 0) continue;
    // A Uint8ClampedArray limits them.
    pixels[at] = (pixels[at] ?? 0) + offset;
    pixels[at + 1] = (pixels[at + 1] ?? 0) + offset;
    pixels[at + 2] = (pixels[at + 2] ?? 0) + offset;
  }
  return pixels;
}

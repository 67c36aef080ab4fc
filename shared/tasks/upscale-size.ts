import { MeshError } from '../errors.ts';

/** The largest result of a task. Beyond what a machine computes in one piece it is cut into tiles. */
export const RESULT = {
  /** Pixels: 256 MiB, which a page can hold beside the input. */
  maxPixels: 64 * 1024 * 1024,
  /** Longest side, pixels: that of a canvas in Firefox; Chromium's is twice as long. */
  maxSide: 32_767,
} as const;

const MIN_RATIO = 1;
const MAX_RATIO = 4;
const DEFAULT_SCALE = 2;

/** Pixels. */
export interface PictureSize {
  width: number;
  height: number;
}

/** An exact size in pixels, or a scale. */
export interface WantedSize {
  scale?: number | undefined;
  width?: number | undefined;
  height?: number | undefined;
}

/**
 * The size of the result for a picture of this size. Throws MeshError `bad-input`, and `too-large` with the largest scale that fits.
 * Needs no pixels, so it can be asked before they are read.
 */
export function outputSize(
  picture: PictureSize,
  { scale = DEFAULT_SCALE, width, height }: WantedSize,
): { outWidth: number; outHeight: number } {
  checkSize(picture);
  const exact = width !== undefined || height !== undefined;
  if (exact && (width === undefined || height === undefined)) {
    throw MeshError.badInput('Give both width and height of the result, or a scale.');
  }
  // Checked separately: on a small picture, rounding would hide a scale that is out of range.
  const isScaleAllowed = exact || isRatioAllowed(1, scale);
  const outWidth = width ?? Math.round(picture.width * scale);
  const outHeight = height ?? Math.round(picture.height * scale);
  const isInteger = Number.isInteger(outWidth) && Number.isInteger(outHeight);
  const isSizeAllowed = isRatioAllowed(picture.width, outWidth) && isRatioAllowed(picture.height, outHeight);
  if (!isScaleAllowed || !isInteger || !isSizeAllowed) {
    throw MeshError.badInput(
      `A picture can be enlarged by ${MIN_RATIO} to ${MAX_RATIO} on each axis, in whole pixels. Choose another size or scale.`,
    );
  }
  const result = { width: outWidth, height: outHeight };
  if (!fits(result)) throw tooLarge(picture, result);
  return { outWidth, outHeight };
}

/** Throws MeshError `too-large` for a picture that is too large at any scale: before it is decoded, where its size is known. */
export function checkPictureFits(picture: PictureSize): void {
  if (!fits(picture)) throw tooLarge(picture, picture);
}

function fits({ width, height }: PictureSize): boolean {
  return Math.max(width, height) <= RESULT.maxSide && width * height <= RESULT.maxPixels;
}

function tooLarge(picture: PictureSize, result: PictureSize): MeshError {
  const limits = `A result has at most ${Math.floor(RESULT.maxPixels / 1e6)} megapixels, and ${RESULT.maxSide.toLocaleString('en')} pixels on a side`;
  const scale = largestScale(picture);
  const message =
    scale === null
      ? `${limits}; this picture of ${described(picture)} is larger itself. Make it smaller first.`
      : `${limits}; this one would have ${described(result)}. Choose a scale of at most ${scale}, which gives ${described(scaled(picture, scale))}.`;
  return new MeshError('too-large', message);
}

/** The largest scale, in hundredths, whose result fits; null if the picture itself does not. */
export function largestScale(picture: PictureSize): number | null {
  const { width, height } = picture;
  const exact = Math.min(
    MAX_RATIO,
    RESULT.maxSide / Math.max(width, height),
    Math.sqrt(RESULT.maxPixels / (width * height)),
  );
  // Rounded to whole pixels, the result may exceed the limit by a row.
  for (let hundredths = Math.floor(exact * 100); hundredths >= MIN_RATIO * 100; hundredths--) {
    if (fits(scaled(picture, hundredths / 100))) return hundredths / 100;
  }
  return null;
}

function scaled({ width, height }: PictureSize, scale: number): PictureSize {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

function described({ width, height }: PictureSize): string {
  return `${((width * height) / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })} megapixels (${width}x${height})`;
}

function checkSize({ width, height }: PictureSize): void {
  if (Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1) return;
  throw MeshError.badInput(`An image of ${width}x${height} has no pixels. Wait until it has loaded, or give another.`);
}

/** Whether an axis may be enlarged from one number of pixels to the other. */
export function isRatioAllowed(from: number, to: number): boolean {
  return to >= from * MIN_RATIO && to <= from * MAX_RATIO;
}

import { lacking } from '../../shared/browser-needs.ts';
import { MeshError } from '../../shared/errors.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { outputSize, type PictureSize } from '../../shared/tasks/upscale-size.ts';
import type { ImageInput, TaskTypes } from './types.ts';

/** Rows of a picture are read in bands of about so many pixels: the canvas of a large one would take as much memory again. */
const BAND_PIXELS = 4 * 1024 * 1024;

/**
 * An upscale task's input with its picture read as pixels: 8 bits, sRGB. They are read synchronously, so that the caller may change or close
 * the picture afterwards; pixels that are such already are returned as they are. Throws MeshError `bad-input`; `too-large`, before anything
 * is read; `unsupported-browser`.
 */
export function withPixels(input: TaskTypes['upscale']['input']): Omit<typeof input, 'image'> & { image: PixelImage } {
  const image: ImageInput | undefined = input?.image;
  if (image === undefined) throw MeshError.badInput('The input of an upscale task needs an image.');
  if (isPixels(image)) return { ...input, image };
  if (!isImageData(image) && !isDrawable(image)) {
    throw MeshError.badInput(
      'An image must be ImageData, an ImageBitmap, a VideoFrame, a canvas or { width, height, data } with RGBA bytes.',
    );
  }
  const size = sizeOf(image);
  outputSize(size, input);
  return { ...input, image: isImageData(image) ? converted(image) : drawn(image, size) };
}

/** Converts a task's result for the caller: an image becomes an ImageData, where the platform has them. */
export function toPublicResult(value: unknown): Record<string, unknown> {
  const result = value as Record<string, unknown>;
  if (!('image' in result) || typeof ImageData !== 'function') return result;
  const { width, height, data } = result.image as PixelImage;
  const pixels = new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return { ...result, image: new ImageData(pixels, width, height) };
}

type Drawable = Exclude<
  ImageInput,
  ImageData | { width: number; height: number; data: Uint8ClampedArray | Uint8Array }
>;

/** Whether these are sRGB pixels of 8 bits, which need no conversion. */
function isPixels(image: unknown): image is PixelImage {
  if (typeof image !== 'object' || image === null || !('data' in image)) return false;
  if (isImageData(image) && image.colorSpace !== 'srgb') return false;
  return image.data instanceof Uint8ClampedArray || image.data instanceof Uint8Array;
}

function isImageData(image: unknown): image is ImageData {
  return typeof ImageData === 'function' && image instanceof ImageData;
}

function isDrawable(image: unknown): image is Drawable {
  const kinds = [
    globalThis.ImageBitmap,
    globalThis.VideoFrame,
    globalThis.HTMLCanvasElement,
    globalThis.OffscreenCanvas,
  ];
  return kinds.some((kind) => typeof kind === 'function' && image instanceof kind);
}

function sizeOf(image: Drawable | ImageData): PictureSize {
  return 'displayWidth' in image ? { width: image.displayWidth, height: image.displayHeight } : image;
}

/** Pixels of another colour space (`display-p3`) or of 16 bits, converted as a canvas does it. */
function converted(image: ImageData): PixelImage {
  return read(image, (context, y) => context.putImageData(image, 0, -y));
}

/** The picture as it is shown: upright, in its display size, in sRGB. */
function drawn(image: Drawable, { width, height }: PictureSize): PixelImage {
  return read({ width, height }, (context, y) => context.drawImage(image, 0, -y, width, height));
}

/** @param draw - draws the picture with its row `y` at the top */
function read(
  { width, height }: PictureSize,
  draw: (context: OffscreenCanvasRenderingContext2D, y: number) => void,
): PixelImage {
  const rows = Math.min(height, Math.max(1, Math.floor(BAND_PIXELS / width)));
  const context = new OffscreenCanvas(width, rows).getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (!context) {
    throw lacking('pixelReading', 'Give RGBA pixels instead.');
  }
  try {
    const data = new Uint8ClampedArray(width * height * 4);
    for (let y = 0; y < height; y += rows) {
      context.clearRect(0, 0, width, rows);
      draw(context, y);
      data.set(context.getImageData(0, 0, width, Math.min(rows, height - y)).data, y * width * 4);
    }
    return { width, height, data };
  } catch (cause) {
    throw new MeshError(
      'bad-input',
      'The picture cannot be read: it is closed, or comes from another origin without its permission (CORS).',
      { cause },
    );
  }
}

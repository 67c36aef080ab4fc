import { MeshError } from '../../shared/errors.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { IMAGE } from '../../shared/tasks/upscale.ts';
import type { ImageInput, TaskTypes } from './types.ts';

/** An upscale task's input with its picture read as pixels. Throws as {@link readImage}. */
export function withPixels(input: TaskTypes['upscale']['input']): Omit<typeof input, 'image'> & { image: PixelImage } {
  const image: ImageInput | undefined = input?.image;
  if (image === undefined) throw MeshError.badInput('The input of an upscale task needs an image.');
  return { ...input, image: readImage(image) };
}

/** Converts a task's result for the caller: an image becomes an ImageData, where the platform has them. */
export function toPublicResult(value: unknown): Record<string, unknown> {
  const result = value as Record<string, unknown>;
  if (!('image' in result) || typeof ImageData !== 'function') return result;
  const { width, height, data } = result.image as PixelImage;
  const pixels = new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return { ...result, image: new ImageData(pixels, width, height) };
}

/**
 * Reads a picture's pixels synchronously, so that the caller may change or close it afterwards. Pixels are returned as they are,
 * without a copy. Throws MeshError `bad-input` for what cannot be drawn, `too-large`, `unsupported-browser`.
 */
function readImage(image: ImageInput): PixelImage {
  if (isPixels(image)) return image;
  if (!isDrawable(image)) {
    throw MeshError.badInput(
      'An image must be ImageData, an ImageBitmap, a VideoFrame, a canvas or { width, height, data } with RGBA bytes.',
    );
  }
  const { width, height } = sizeOf(image);
  // The task's own validation refuses the size.
  if (width < 1 || height < 1) return { width, height, data: new Uint8ClampedArray() };
  if (Math.max(width, height) > IMAGE.maxImageSide) {
    throw MeshError.tooLarge('The picture', width * height * 4, IMAGE.maxImageSide ** 2 * 4);
  }
  return draw(image, width, height);
}

type Drawable = Exclude<
  ImageInput,
  ImageData | { width: number; height: number; data: Uint8ClampedArray | Uint8Array }
>;

function isPixels(image: unknown): image is PixelImage {
  if (typeof image !== 'object' || image === null || !('data' in image)) return false;
  const { data } = image;
  return data instanceof Uint8ClampedArray || data instanceof Uint8Array;
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

function sizeOf(image: Drawable): { width: number; height: number } {
  return 'displayWidth' in image ? { width: image.displayWidth, height: image.displayHeight } : image;
}

function draw(image: Drawable, width: number, height: number): PixelImage {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) {
    throw new MeshError(
      'unsupported-browser',
      'This browser cannot read the pixels of a canvas. Give RGBA pixels instead.',
    );
  }
  try {
    context.drawImage(image, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } catch (cause) {
    throw new MeshError(
      'bad-input',
      'The picture cannot be read: it is closed, or comes from another origin without its permission (CORS).',
      { cause },
    );
  }
}

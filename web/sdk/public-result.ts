import type { PixelImage } from '../../shared/tasks/definition.ts';

/** Pixels become what a canvas takes. */
export function toPublicResult(value: unknown): Record<string, unknown> {
  const result = value as Record<string, unknown>;
  if (!('image' in result) || typeof ImageData !== 'function') return result;
  const { width, height, data } = result.image as PixelImage;
  const pixels = new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return { ...result, image: new ImageData(pixels, width, height) };
}

import type { PixelImage } from '../../shared/tasks/definition.ts';
import { halved as half } from '../../web/compute/test-pictures.ts';

export async function loadPicture(url: string): Promise<ImageData> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const bitmap = await createImageBitmap(await response.blob(), { colorSpaceConversion: 'none' });
  const pixels = pixelsOf(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return pixels;
}

export function pixelsOf(image: CanvasImageSource, width: number, height: number): ImageData {
  const painter = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!painter) throw new Error('There is no canvas to read from.');
  painter.drawImage(image, 0, 0, width, height);
  return painter.getImageData(0, 0, width, height);
}

/** The mean of every 2x2 pixels. */
export function halved(picture: PixelImage): ImageData {
  const { data, width, height } = half(picture);
  return new ImageData(Uint8ClampedArray.from(data), width, height);
}

export interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}

export function cropped(image: PixelImage, { left, top, width, height }: Place): ImageData {
  const crop = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 4;
    crop.data.set(image.data.subarray(from, from + width * 4), y * width * 4);
  }
  return crop;
}

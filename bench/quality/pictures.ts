import type { PixelImage } from '../../shared/tasks/definition.ts';

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

/** The mean of every 2x2 pixels, rounded. */
export function halved({ width, height, data }: PixelImage): ImageData {
  const half = new ImageData(width / 2, height / 2);
  for (let y = 0, at = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++) {
      for (let channel = 0; channel < 4; channel++, at++) {
        const from = (y * 2 * width + x * 2) * 4 + channel;
        const above = (data[from] ?? 0) + (data[from + 4] ?? 0);
        const below = (data[from + width * 4] ?? 0) + (data[from + width * 4 + 4] ?? 0);
        half.data[at] = (above + below) / 4;
      }
    }
  }
  return half;
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

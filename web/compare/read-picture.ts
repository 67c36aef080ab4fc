import { MeshError } from '../../shared/errors.ts';

/** Of a visitor's picture: as large as a game's small frame, which the largest network still doubles without a graphics card. */
const MOST = { width: 640, height: 360 };

export interface ReadPicture {
  /** Its middle, where it is larger than {@link MOST}. */
  pixels: ImageData;
  width: number;
  height: number;
}

/** Throws what the browser throws when it is no picture, MeshError `unsupported-browser`. */
export async function readPicture(file: Blob): Promise<ReadPicture> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  try {
    const { width, height } = bitmap;
    const isUpright = height > width;
    const size = {
      width: Math.min(width, isUpright ? MOST.height : MOST.width),
      height: Math.min(height, isUpright ? MOST.width : MOST.height),
    };
    const canvas = Object.assign(document.createElement('canvas'), size);
    // Opaque: beside a truth there is nothing behind a picture.
    const painter = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!painter) throw new MeshError('unsupported-browser', 'This browser cannot read the pixels of a picture.');
    painter.drawImage(bitmap, -Math.floor((width - size.width) / 2), -Math.floor((height - size.height) / 2));
    return { pixels: painter.getImageData(0, 0, size.width, size.height), width, height };
  } finally {
    bitmap.close();
  }
}

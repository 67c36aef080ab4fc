import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { opaque, paintedPicture } from '../../compute/test-pictures.ts';
import type { AppliedDetail, Composer, RawPicture } from './composer.ts';

/** How detail is added unless a test says otherwise. */
export const TEST_SCALE = { gain: 4, weight: 0.7, deadZoneCodes: 1 };

/** A frame of an opaque picture with edges in every direction, shifted so that its numbers differ. */
export function pictureFrame(width: number, height: number, shift = 0): { frame: VideoFrame; picture: PixelImage } {
  const { data } = opaque(paintedPicture(width, height));
  const shifted = data.map((value, i) => (i % 4 === 3 ? 255 : (value + shift) % 256));
  const frame = new VideoFrame(shifted, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp: 1 });
  return { frame, picture: { width, height, data: shifted } };
}

/** Codes of every value, which no shift by a row or a column leaves as they are. */
export function mixedCodes({ width, height }: PictureSize): Uint8Array {
  return Uint8Array.from(
    { length: width * height },
    (_, i) => 21 + (((i % width) * 37 + Math.floor(i / width) * 101) % 215),
  );
}

export function detailOf(of: RawPicture, codes: Uint8Array, scale: Partial<AppliedDetail> = {}): AppliedDetail {
  return { codes, ...TEST_SCALE, of, ...scale };
}

/** A canvas like a stream's. */
export function targetOf({ width, height }: PictureSize): OffscreenCanvasRenderingContext2D {
  const target = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: false });
  if (!target) throw new Error('no canvas');
  return target;
}

/** The pixels that a composer draws. */
export async function drawn(
  composer: Composer,
  raw: RawPicture,
  detail: AppliedDetail | null,
  out: PictureSize,
): Promise<Uint8ClampedArray> {
  const target = targetOf(out);
  await composer.compose(raw, detail, target);
  return target.getImageData(0, 0, out.width, out.height).data;
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  return largest;
}

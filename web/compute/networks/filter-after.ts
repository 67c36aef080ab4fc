import type { Filter } from '../../../shared/tasks/upscale.ts';
import type { UpscaleShape } from '../backend.ts';

/** Which filter makes the wanted size of a picture that a network doubled; null when it has that size. `spatial` only enlarges. */
export function filterAfter({ width, height, outWidth, outHeight }: UpscaleShape): Filter | null {
  if (outWidth === 2 * width && outHeight === 2 * height) return null;
  return outWidth >= 2 * width && outHeight >= 2 * height ? 'spatial' : 'bilinear';
}

import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { COMPUTE } from '../../../shared/tuning.ts';
import { type UpscaleTarget, upscaleRows } from './upscale.ts';

/** The reference, looking up from the work every few milliseconds. */
export async function upscaleInSlices(
  image: PixelImage,
  target: UpscaleTarget,
  out: Uint8ClampedArray,
  now: () => number,
  lookUp: () => Promise<void>,
): Promise<void> {
  let sliceStartMs = now();
  for (const _row of upscaleRows(image, target, out)) {
    if (now() - sliceStartMs < COMPUTE.sliceMs) continue;
    await lookUp();
    sliceStartMs = now();
  }
}

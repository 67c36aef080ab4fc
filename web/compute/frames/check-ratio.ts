import { MeshError } from '../../../shared/errors.ts';
import { type UpscaleParams, upscale } from '../../../shared/tasks/upscale.ts';

/** A stream's source may change its size at any frame. Throws MeshError `bad-input`. */
export function checkFrameShape(shape: UpscaleParams): void {
  if (upscale.params.safeParse(shape).success) return;
  const { width, height, outWidth, outHeight } = shape;
  throw MeshError.badInput(
    `Frames of ${width}x${height} cannot become ${outWidth}x${outHeight}: 1 to 4 times as large on each axis. Open the stream anew.`,
  );
}

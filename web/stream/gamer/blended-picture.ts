import { MAX_ADDED_LEVELS } from '../../../shared/detail.ts';
import type { AppliedDetail, Composer, RawPicture } from '../compose/composer.ts';
import type { Blend } from './detail-tuning.ts';

/** What a shown frame is made of. */
export interface PictureParts {
  raw: RawPicture;
  /** The picture of it that this machine sharpened, of any size; null without one. */
  localPicture: VideoFrame | null;
  /** Null without detail. */
  detail: Pick<AppliedDetail, 'codes' | 'gain' | 'of'> | null;
}

/**
 * Draws a frame over the whole canvas: enlarged, with detail, and this machine's picture over it. The sum is enlarged + localPictureShare x (local - enlarged) +
 * detailWeight x detail. A local picture that fills the canvas stays on the GPU if it was made there. Throws MeshError as {@link Composer.compose}.
 */
export async function drawBlended(
  composer: Composer,
  { raw, localPicture, detail }: PictureParts,
  { localPictureShare, detailWeight, deadZoneCodes }: Blend,
  target: OffscreenCanvasRenderingContext2D,
): Promise<void> {
  if (localPictureShare < 1) {
    // What is drawn over it leaves only a part of it, and of its bound.
    const left = 1 - localPictureShare;
    const maxSteps = Math.min(255, Math.floor(MAX_ADDED_LEVELS / left));
    const applied = detail && { ...detail, weight: detailWeight / left, deadZoneCodes, maxSteps };
    await composer.compose(raw, applied, target);
  }
  if (!localPicture) return;
  const { width, height } = target.canvas;
  target.globalAlpha = localPictureShare;
  target.drawImage(localPicture, 0, 0, width, height);
  target.globalAlpha = 1;
}

import { MAX_ADDED_STEPS } from '../../../shared/detail.ts';
import type { AppliedDetail, Composer, RawPicture } from '../compose/composer.ts';
import type { Blend } from './detail-tuning.ts';

/** What a shown frame is made of. */
export interface PictureParts {
  raw: RawPicture;
  /** This machine's own picture of it, of any size; null without one. */
  own: VideoFrame | null;
  /** Null without detail. */
  detail: Pick<AppliedDetail, 'codes' | 'gain' | 'of'> | null;
}

/**
 * Draws a frame over the whole canvas: enlarged, with detail, and this machine's own picture over it. The sum is enlarged + ownShare x (own - enlarged) +
 * weight x detail. An own picture that fills the canvas stays on the GPU if it was made there. Throws MeshError as {@link Composer.compose}.
 */
export async function drawBlended(
  composer: Composer,
  { raw, own, detail }: PictureParts,
  { ownShare, weight, deadZoneCodes }: Blend,
  target: OffscreenCanvasRenderingContext2D,
): Promise<void> {
  if (ownShare < 1) {
    // What is drawn over it leaves only a part of it, and of its bound.
    const left = 1 - ownShare;
    const maxSteps = Math.min(255, Math.floor(MAX_ADDED_STEPS / left));
    const applied = detail && { ...detail, weight: weight / left, deadZoneCodes, maxSteps };
    await composer.compose(raw, applied, target);
  }
  if (!own) return;
  const { width, height } = target.canvas;
  target.globalAlpha = ownShare;
  target.drawImage(own, 0, 0, width, height);
  target.globalAlpha = 1;
}

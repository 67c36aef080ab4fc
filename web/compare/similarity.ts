import type { PixelImage } from '../../shared/tasks/definition.ts';
import { lumaOf, psnrDb } from './luma.ts';
import { ssimAgainst } from './ssim.ts';

/** How close a picture's luma is to the reference's. */
export interface Similarity {
  psnrDb: number;
  /** 1 where they are equal. */
  ssim: number;
}

/** Compares pictures with a reference of their size. */
export function similarityTo(reference: PixelImage): (image: PixelImage) => Similarity {
  const luma = lumaOf(reference);
  const ssim = ssimAgainst({ width: reference.width, height: reference.height, luma });
  return (image) => {
    const made = lumaOf(image);
    return { psnrDb: psnrDb(made, luma), ssim: ssim(made) };
  };
}

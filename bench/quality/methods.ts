import type { PixelImage } from '../../shared/tasks/definition.ts';
import { cubic, doubled, LANCZOS3 } from '../../web/compare/resample.ts';
import { upscaleReference } from '../../web/compute/reference/upscale.ts';

export type Method = (image: PixelImage) => PixelImage;

/** Where aliased frames have their sample, right of and below the pixel's centre: every fourth pixel of the capture, the third of each four. */
const SAMPLE_OFFSET = 2.5 / 4 - 0.5;

const byReference =
  (quality: 'bilinear' | 'spatial'): Method =>
  ({ width, height, data }) => {
    const size = { outWidth: width * 2, outHeight: height * 2 };
    return {
      width: width * 2,
      height: height * 2,
      data: upscaleReference({ width, height, data }, { ...size, quality }),
    };
  };

/** What needs no weights. */
export const FORMULAS = {
  bilinear: byReference('bilinear'),
  bicubic: (image) => doubled(image, cubic(-0.75)),
  'catmull-rom': (image) => doubled(image, cubic(-0.5)),
  lanczos3: (image) => doubled(image, LANCZOS3),
  spatial: byReference('spatial'),
  'bicubic-from-samples': (image) => doubled(image, cubic(-0.75), SAMPLE_OFFSET),
} as const satisfies Record<string, Method>;

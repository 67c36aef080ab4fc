import { lumaOf, psnrDb } from '../../web/compare/luma.ts';
import { median } from '../measuring.ts';
import { pixelsOf } from '../quality/pictures.ts';
import { detailPainter, POSITIONS, paintFrame, readNumber, stripTop } from './frames.ts';
import { live, sleep } from './live.ts';

export * from './live.ts';

/** Codecs start coarse and get finer. */
const SETTLE_MS = 3_000;
const SAMPLES = 12;
/** Longer than it takes until the stream's statistics include a shown frame. */
const STATISTICS_MS = 350;
/** How far above the strip its edge is blurred into the picture by the upscaler and the codec. */
const STRIP_BLUR = 24;

/** Compares shown frames with the same frames upscaled without a codec, as the volunteer of this section upscales them. */
export async function measureQuality({ room, width, height }: { room: string; width: number; height: number }) {
  const { stream } = live(room);
  const paint = detailPainter();
  const lumas = Array.from({ length: POSITIONS }, (_, position) => {
    const frame = paintFrame(paint, width, height, position, 0);
    const luma = comparedLuma(pixelsOf(frame, 2 * width, 2 * height));
    frame.close();
    return luma;
  });
  await sleep(SETTLE_MS);
  const psnrsDb: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const { framesLocal } = stream.stats();
    await sleep(STATISTICS_MS);
    const shown = pixelsOf(stream.canvas, 2 * width, 2 * height);
    await sleep(STATISTICS_MS);
    // A frame that was upscaled here went through no codec.
    if (stream.stats().framesLocal !== framesLocal) continue;
    const number = readNumber(shown);
    const reference = number === null ? undefined : lumas[number % POSITIONS];
    if (reference) psnrsDb.push(psnrDb(comparedLuma(shown), reference));
  }
  const { uplinkKbps, downlinkKbps, codec, fps } = stream.stats();
  return { psnrDb: median(psnrsDb), uplinkKbps, downlinkKbps, codec, fps, samples: psnrsDb.length };
}

/** The luma of what is above the strip with the number. */
function comparedLuma(picture: ImageData): Float32Array {
  return lumaOf(picture).subarray(0, picture.width * (stripTop(picture.height) - STRIP_BLUR));
}

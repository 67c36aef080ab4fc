import { type DetailCoding, lumaOf, MAX_DETAIL_CODES, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { axisSamples, SourceRows } from './source-rows.ts';
import { bicubicRows } from './upscale.ts';

/**
 * Smallest dead zone, 8-bit levels. The sharp picture was rounded to 8 bits and the base is not: differences of half a step, and of as much as a
 * GPU may round beside it (0.6 of a step, Direct3D 11.3 functional specification, item 3.2.3.6), are no detail.
 */
const MIN_DEAD_ZONE = 0.625;

/** The dead zone that backends apply. */
export function deadZoneOf({ deadZone }: DetailCoding): number {
  return Math.max(deadZone, MIN_DEAD_ZONE);
}

/**
 * The definition of a detail frame in plain TypeScript: every kernel is tested against it, and backends that give pixels run it. Codes the luma
 * that `sharp` has more than the base, which is `source` enlarged to its size. Of translucent pixels it takes the luma over black.
 *
 * Writes a code for each pixel of `sharp`, row by row without gaps, to `codes`. Yields the number of finished rows, so that the caller can yield
 * between rows or stop.
 *
 * @param source - straight-alpha sRGB RGBA8, as `sharp`.
 */
export function* detailRows(
  source: PixelImage,
  sharp: PixelImage,
  coding: DetailCoding,
  codes: Uint8Array,
): Generator<number, void> {
  const { width, height, data } = sharp;
  const { gain } = coding;
  const deadZone = deadZoneOf(coding);
  const columns = axisSamples(source.width, width);
  const lines = axisSamples(source.height, height);
  yield* bicubicRows(new SourceRows(source), columns, lines, (y, base) => {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const alpha = (data[at + 3] ?? 0) / 255;
      const sharpLuma = lumaOf(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0) * alpha;
      const baseLuma = lumaOf(base[x * 4] ?? 0, base[x * 4 + 1] ?? 0, base[x * 4 + 2] ?? 0) * 255;
      codes[y * width + x] = codeOf(sharpLuma - baseLuma, gain, deadZone);
    }
  });
}

/** @param steps - how much luma there is more than in the base, 8-bit levels. */
function codeOf(steps: number, gain: number, deadZone: number): number {
  if (Math.abs(steps) < deadZone) return NO_DETAIL_CODE;
  const codes = Math.round(gain * steps);
  return NO_DETAIL_CODE + Math.min(Math.max(codes, -MAX_DETAIL_CODES), MAX_DETAIL_CODES);
}

import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { edgeAdaptiveRow } from './edge-adaptive.ts';
import { axisSamples, SourceRows } from './source-rows.ts';

/**
 * AMD FidelityFX Super Resolution 1, which web games get as three.js's FSR1Node: EASU, an upscaler that follows edges, and RCAS, which sharpens as
 * far as the contrast around a pixel allows. By the method of AMD's published source (ffx_fsr1.h, GPUOpen, 2021) on sRGB-encoded values, as AMD asks
 * for; the code is our own, so that it runs where there is no GPU. EASU is the upscaler inside `spatial`, which has its numbers from there.
 */

/** By how many halvings RCAS sharpens less than it could: three.js's default. */
const SHARPNESS_STOPS = 0.2;
/** Share of each neighbour that RCAS subtracts at most: as in AMD's source, somewhat less than what would divide by zero. */
const RCAS_LIMIT = 0.25 - 1 / 16;

/** Opaque RGBA8. */
export interface OwnPicture {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** Doubles an opaque picture. */
export function fsr1(image: PixelImage): OwnPicture {
  const [width, height] = [2 * image.width, 2 * image.height];
  const source = new SourceRows(image);
  const [columns, lines] = [axisSamples(image.width, width), axisSamples(image.height, height)];
  const made = new Float32Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const top = lines.base[y] ?? 0;
    const rows = [source.at(top - 1), source.at(top), source.at(top + 1), source.at(top + 2)] as const;
    edgeAdaptiveRow(rows, lines.fraction[y] ?? 0, columns, made.subarray(y * width * 4, (y + 1) * width * 4));
  }
  return sharpened(made, width, height);
}

/** Sharpens an opaque picture by RCAS alone. */
export function rcas({ width, height, data }: PixelImage): OwnPicture {
  return sharpened(
    Float32Array.from(data, (value) => value / 255),
    width,
    height,
  );
}

/** @param colours - RGBA, 0..1. Borders are repeated. */
function sharpened(colours: Float32Array, width: number, height: number): OwnPicture {
  const made = new Uint8ClampedArray(colours.length).fill(255);
  const strength = 2 ** -SHARPNESS_STOPS;
  for (let y = 0; y < height; y++) {
    const above = y > 0 ? -4 * width : 0;
    const below = y < height - 1 ? 4 * width : 0;
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const left = x > 0 ? -4 : 0;
      const right = x < width - 1 ? 4 : 0;
      // What all three colours allow without leaving 0..1.
      let lobe = -RCAS_LIMIT;
      for (let i = at; i < at + 3; i++) {
        const [value = 0, north = 0, south = 0] = [colours[i], colours[i + above], colours[i + below]];
        const [west = 0, east = 0] = [colours[i + left], colours[i + right]];
        const least = Math.min(north, south, west, east);
        const most = Math.max(north, south, west, east);
        const toBlack = most > 0 ? Math.min(least, value) / (4 * most) : 0;
        const toWhite = least < 1 ? (1 - Math.max(most, value)) / (4 * least - 4) : 0;
        lobe = Math.max(lobe, Math.min(Math.max(-toBlack, toWhite), 0));
      }
      lobe *= strength;
      for (let i = at; i < at + 3; i++) {
        const [north = 0, south = 0, west = 0] = [colours[i + above], colours[i + below], colours[i + left]];
        const around = north + south + west + (colours[i + right] ?? 0);
        made[i] = (255 * (around * lobe + (colours[i] ?? 0))) / (4 * lobe + 1);
      }
    }
  }
  return { width, height, data: made };
}

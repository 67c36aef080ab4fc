import { lacking } from '../../../shared/browser-needs.ts';
import { MAX_ADDED_LEVELS, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { colorSpaceOf, type Painting, rgbFrame, yuvFrame } from '../../compute/painted-frames.ts';
import { TRIAL_COLOURS } from '../../compute/wgsl/frame-colors.ts';
import type { Composer, RawPicture } from './composer.ts';
import { composePixels } from './composition.ts';

/** Size of the picture that is checked: odd, and not a multiple of a tile. */
const SIZE = { width: 27, height: 19 };
const OUT = { width: 54, height: 38 };
/** Largest difference from the reference, of 255. */
const TOLERANCE = 1;
/** The codes of a ramp may be off by this much. */
const RAMP_TOLERANCE = 2;

/** Size of a frame of colours, and of its areas of one colour. */
const COLOURS_SIZE = { width: 32, height: 16 };
const AREA_SIDE = 8;
/** Pixels on each side of a change that are not compared: browsers interpolate chroma in different ways there. */
const MARGIN = 2;
/** Rounding luma and chroma to 8 bits changes blue by up to 2, and two correct ways differ by 2 more. */
const COLOUR_TOLERANCE = 4;

const areas: Painting = (x, y) =>
  TRIAL_COLOURS[Math.floor(x / AREA_SIDE) + (COLOURS_SIZE.width / AREA_SIDE) * Math.floor(y / AREA_SIDE)] ?? [];
const translucent: Painting = (x, y) => [...areas(x, y), x < COLOURS_SIZE.width / 2 ? 255 : 128];

/** Edges, gradients and fine stripes. */
const scene: Painting = (x, y) => [
  Math.hypot(x - 9, y - 9) < 6 ? 230 : 30,
  Math.round((x * 255) / SIZE.width),
  (x + 2 * y) % 11 < 3 ? 250 : Math.round((y * 200) / SIZE.height),
];
/** The same with something that moved in the corner. */
const nextScene: Painting = (x, y) => (x > 23 && y > 16 ? [9, 9, 9] : scene(x, y));
const grey: Painting = () => [NO_DETAIL_CODE, NO_DETAIL_CODE, NO_DETAIL_CODE];

/** A canvas like that of a stream. Throws MeshError `unsupported-browser`. */
export function trialTarget({ width, height }: PictureSize): OffscreenCanvasRenderingContext2D {
  const target = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: false });
  if (target) return target;
  throw lacking('workerDrawing');
}

/**
 * Whether a composer enlarges as the reference does, adds nothing where there is no detail, and what a ramp says where there is, and old detail only
 * where nothing moved. Throws MeshError when it fails.
 */
export async function composesRight(composer: Composer): Promise<boolean> {
  const target = trialTarget(OUT);
  const pictures: RawPicture[] = [];
  const load = async (painting: Painting) => {
    const raw = await loaded(composer, rgbFrame('RGBX', SIZE, undefined, painting));
    pictures.push(raw);
    return raw;
  };
  const draw = async (raw: RawPicture, of: RawPicture, codes: Uint8Array | null, scale = EXACT) => {
    await composer.compose(raw, codes && { codes, of, ...scale }, target);
    return target.getImageData(0, 0, OUT.width, OUT.height).data;
  };
  try {
    const raw = await load(scene);
    const even = await load(grey);
    const next = await load(nextScene);
    const ramp = Uint8Array.from({ length: OUT.width * OUT.height }, (_, i) => 21 + 4 * (i % OUT.width));
    const base = await draw(raw, raw, null);
    const unchanged = await draw(raw, raw, new Uint8Array(ramp.length).fill(NO_DETAIL_CODE));
    const stepped = await draw(even, even, ramp);
    const composed = await draw(raw, raw, ramp, USUAL);
    const old = await draw(next, raw, ramp, USUAL);
    const nothing = await draw(next, next, null);
    return (
      isNear(base, composePixels(pixelsOf(scene), null, EXACT, OUT), TOLERANCE) &&
      isNear(unchanged, base, 0) &&
      ramp.every((code, i) => Math.abs((stepped[i * 4] ?? 0) - boundedOf(code)) <= RAMP_TOLERANCE) &&
      isNear(composed, composePixels(pixelsOf(scene), ramp, USUAL, OUT), TOLERANCE) &&
      // Above and left of the change old detail is added, in the corner of the change it is not.
      isNear(old.subarray(0, OUT.width * 4), composed.subarray(0, OUT.width * 4), TOLERANCE) &&
      isNear(old.subarray(-OUT.width), nothing.subarray(-OUT.width), 0)
    );
  } finally {
    for (const raw of pictures) raw.dispose();
  }
}

/** What a code of {@link EXACT} detail makes of grey. */
function boundedOf(code: number): number {
  return Math.min(Math.max(code, NO_DETAIL_CODE - MAX_ADDED_LEVELS), NO_DETAIL_CODE + MAX_ADDED_LEVELS);
}

/** Detail on which every error shows, and as it usually is. */
const EXACT = { gain: 1, weight: 1, deadZoneCodes: 0 };
const USUAL = { gain: 4, weight: 0.7, deadZoneCodes: 1 };

/** Whether a composer shows the colours of what decoders, cameras and canvases give. Throws MeshError when it fails. */
export async function showsColours(composer: Composer): Promise<boolean> {
  const target = trialTarget(COLOURS_SIZE);
  const { width, height } = COLOURS_SIZE;
  for (const { frame, painting } of colourFrames()) {
    const raw = await loaded(composer, frame);
    await composer.compose(raw, null, target);
    raw.dispose();
    if (!isAsPainted(target.getImageData(0, 0, width, height).data, painting)) return false;
  }
  return true;
}

function* colourFrames(): Generator<{ frame: VideoFrame; painting: Painting }> {
  for (const matrix of ['bt709', 'smpte170m']) {
    for (const fullRange of [false, true]) {
      for (const format of ['NV12', 'I420'] as const) {
        yield { frame: yuvFrame(format, COLOURS_SIZE, colorSpaceOf(matrix, { fullRange }), areas), painting: areas };
      }
    }
  }
  yield { frame: rgbFrame('RGBA', COLOURS_SIZE, undefined, translucent), painting: translucent };
}

async function loaded(composer: Composer, frame: VideoFrame): Promise<RawPicture> {
  try {
    return await composer.load(frame);
  } finally {
    frame.close();
  }
}

function pixelsOf(painting: Painting): PixelImage {
  const data = new Uint8Array(SIZE.width * SIZE.height * 4).fill(255);
  for (let i = 0; i < SIZE.width * SIZE.height; i++) {
    data.set(painting(i % SIZE.width, Math.floor(i / SIZE.width)), i * 4);
  }
  return { ...SIZE, data };
}

function isNear(pixels: Uint8ClampedArray, expected: Uint8ClampedArray, tolerance: number): boolean {
  return (
    pixels.length === expected.length && pixels.every((value, i) => Math.abs(value - (expected[i] ?? 0)) <= tolerance)
  );
}

function isAsPainted(pixels: Uint8ClampedArray, painting: Painting): boolean {
  const isInside = (position: number) => position % AREA_SIDE >= MARGIN && position % AREA_SIDE < AREA_SIDE - MARGIN;
  for (let y = 0; y < COLOURS_SIZE.height; y++) {
    for (let x = 0; x < COLOURS_SIZE.width; x++) {
      if (!isInside(x) || !isInside(y)) continue;
      const [red = 0, green = 0, blue = 0, alpha = 255] = painting(x, y);
      const isNearColour = [red, green, blue].every((value, channel) => {
        const shown = pixels[(y * COLOURS_SIZE.width + x) * 4 + channel] ?? 0;
        // Over black.
        return Math.abs(shown - (value * alpha) / 255) <= COLOUR_TOLERANCE;
      });
      if (!isNearColour) return false;
    }
  }
  return true;
}

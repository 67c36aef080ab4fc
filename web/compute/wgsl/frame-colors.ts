import type { Backend } from '../backend.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { colorSpaceOf, type Painting, rgbFrame, yuvFrame } from '../painted-frames.ts';
import { RgbaReader } from '../video-frames.ts';

const SIZE = { width: 32, height: 32 };
/** Height of the upper part, which has areas of one colour; below it chroma changes smoothly. */
const FLAT_HEIGHT = 16;
const AREA_SIDE = 8;
/** Pixels on each side of a change that are not compared: browsers interpolate chroma in different ways there. */
const MARGIN = 2;

/**
 * Largest differences from the painted colours, of 255: rounding luma and chroma to 8 bits changes blue by up to 2, and two correct ways differ
 * by 2 more; where chroma is not interpolated it is off by as much as it rises in a pixel, 4, and blue weighs it twice.
 */
const FLAT_TOLERANCE = 4;
const SMOOTH_TOLERANCE = 12;

/** Dark and light, grey and saturated: each is shown wrong by another fault of a conversion. */
export const TRIAL_COLOURS = [
  [200, 40, 60],
  [40, 60, 210],
  [30, 180, 70],
  [240, 230, 40],
  [16, 16, 16],
  [20, 200, 220],
  [128, 128, 128],
  [250, 250, 250],
] as const;

const painting: Painting = (x, y) => {
  if (y >= FLAT_HEIGHT) return [60 + 4 * x, 120, 200 - 4 * x];
  return TRIAL_COLOURS[Math.floor(x / AREA_SIDE) + (SIZE.width / AREA_SIDE) * Math.floor(y / AREA_SIDE)] ?? [];
};
const translucent: Painting = (x, y) => [...painting(x, y), x < SIZE.width / 2 ? 255 : 128];

const SRGB = colorSpaceOf('rgb', { fullRange: true, transfer: 'iec61966-2-1' });

/** What decoders, cameras and canvases give: both layouts of 4:2:0 with both matrices in both ranges, and a translucent frame. */
function* frames(): Generator<{ frame: VideoFrame; painting: Painting }> {
  for (const matrix of ['bt709', 'smpte170m']) {
    for (const fullRange of [false, true]) {
      for (const format of ['NV12', 'I420'] as const) {
        yield { frame: yuvFrame(format, SIZE, colorSpaceOf(matrix, { fullRange }), painting), painting };
      }
    }
  }
  yield { frame: rgbFrame('RGBA', SIZE, SRGB, translucent), painting: translucent };
}

/** Whether a backend shows the colours of frames of every kind, by copying each at its own size. Throws MeshError when the backend fails. */
export async function showsColors(backend: Pick<Backend, 'openFrames'>): Promise<boolean> {
  const reader = new RgbaReader();
  const copying = backend.openFrames({ outWidth: SIZE.width, outHeight: SIZE.height, quality: 'bilinear' });
  try {
    for (const { frame, painting } of frames()) {
      try {
        const copy = await (await copying.start(frame, EXCLUSIVE_SLOT)).finish();
        const { data } = await reader.read(copy).finally(() => copy.close());
        if (!isAsPainted(data, painting)) return false;
      } finally {
        frame.close();
      }
    }
    return true;
  } finally {
    copying.dispose();
  }
}

function isAsPainted(pixels: Uint8Array, painting: Painting): boolean {
  if (pixels.byteLength !== SIZE.width * SIZE.height * 4) return false;
  for (let y = MARGIN; y < SIZE.height - MARGIN; y++) {
    const isFlat = y < FLAT_HEIGHT;
    if (isNearEdge(y)) continue;
    for (let x = MARGIN; x < SIZE.width - MARGIN; x++) {
      // Also where the alpha of the translucent frame changes.
      if (isNearEdge(x)) continue;
      const at = (y * SIZE.width + x) * 4;
      const [red = 0, green = 0, blue = 0, alpha = 255] = painting(x, y);
      const tolerance = isFlat ? FLAT_TOLERANCE : SMOOTH_TOLERANCE;
      const isNear = [red, green, blue, alpha].every(
        (value, n) => Math.abs((pixels[at + n] ?? 0) - value) <= tolerance,
      );
      if (!isNear) return false;
    }
  }
  return true;
}

function isNearEdge(position: number): boolean {
  const within = position % AREA_SIDE;
  return within < MARGIN || within >= AREA_SIDE - MARGIN;
}

import { IMAGE, NETWORKS, type Network, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import type { Backend } from '../backend.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { colorSpaceOf, type Painting, yuvFrame } from '../painted-frames.ts';
import { RgbaReader } from '../video-frames.ts';

const SIZE = { width: 24, height: 16 };
const TARGET = { outWidth: 48, outHeight: 32 };

/** Share of the values that may differ by more than a network's tolerance: at edges of colours ways interpolate chroma differently. */
const MAX_DIFFERING_SHARE = 0.02;

/** Grey edges and gradients: what a network sharpens, without chroma, which ways in interpolate differently. */
const painting: Painting = (x, y) => {
  const value = (x - 11) ** 2 + (y - 8) ** 2 < 30 ? 210 : 40 + 3 * x + 2 * y;
  return [value, value, value];
};

/**
 * Whether a decoder's frame comes through a network as the same pixels do: a network reads its source in every layer, an imported frame through a
 * copy. Not compared with the reference, since the selection of networks has done that with pixels. Throws MeshError when the backend fails.
 */
export async function framesMatchPixels(
  backend: Pick<Backend, 'openFrames' | 'startPixels'>,
  quality: Network,
): Promise<boolean> {
  const reader = new RgbaReader();
  const frame = yuvFrame('NV12', SIZE, colorSpaceOf('bt709'), painting);
  const frames = backend.openFrames({ ...TARGET, quality });
  try {
    const pixels = (await reader.read(frame)).data.slice();
    const sharp = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
    const seen = (await reader.read(sharp).finally(() => sharp.close())).data;
    const shape: UpscaleParams = { ...SIZE, ...TARGET, quality };
    const expected = await (await backend.startPixels(pixels, shape, EXCLUSIVE_SLOT)).finish();
    const differing = expected.reduce(
      (count, value, i) => count + Number(Math.abs(value - (seen[i] ?? -255)) > IMAGE.networkTolerance8bit),
      0,
    );
    return seen.byteLength === expected.byteLength && differing <= expected.length * MAX_DIFFERING_SHARE;
  } finally {
    frame.close();
    frames.dispose();
  }
}

/** The network that is checked: the cheapest, for all read their source in the same way. */
export const CHECKED_NETWORK = NETWORKS[0];

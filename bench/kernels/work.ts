import type { NetworkShape } from '../../web/compute/models/manifest.ts';
import { blocksOf, TAPS } from '../../web/compute/networks/weights.ts';
import type { Peaks, Work } from './contender.ts';

/** An RGBA8 pixel. */
const PIXEL_BYTES = 4;

/** What a network has to do for one frame with features of `channelBytes` a channel between its layers. */
export function workOf(shape: NetworkShape, width: number, height: number, channelBytes: number): Work {
  const { widths } = shape;
  const places = width * height;
  const source = width * height * PIXEL_BYTES;
  const last = widths.length - 2;
  const passes = widths.slice(1).map((outputs, n) => {
    const inputs = widths[n] ?? 0;
    const features = (channels: number) => places * blocksOf(channels) * 4 * channelBytes;
    const read = n === 0 ? source : features(inputs) + (n === last ? source : 0);
    const written = n === last ? 4 * source : features(outputs);
    return { flops: 2 * TAPS * inputs * outputs * places, bytes: read + written };
  });
  const floorOf = ({ flopsPerMs, bytesPerMs }: Peaks) =>
    passes.reduce((sum, { flops, bytes }) => sum + Math.max(flops / flopsPerMs, bytes / bytesPerMs), 0);
  return {
    flops: passes.reduce((sum, { flops }) => sum + flops, 0),
    bytes: passes.reduce((sum, { bytes }) => sum + bytes, 0),
    floorMs: floorOf,
  };
}

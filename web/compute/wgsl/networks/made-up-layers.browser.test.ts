// Protects: networks of any widths, of which ours are only four, compute what the reference computes in every variant of a kernel.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NetworkShape } from '../../models/manifest.ts';
import { featuresOf } from '../../networks/reference-network.ts';
import { halfPrecisionTolerances } from '../../networks/test-half-precision.ts';
import { madeUpLayers } from '../../test-models.ts';
import { openDevice } from '../gpu-device.ts';
import type { DeviceTraits } from './kernel-variant.ts';
import { difference, excess, gradient, HALF_TOLERANCE, largest, ON_GPU, runLayers, TOLERANCE } from './test-layers.ts';

const IN_SOFTWARE: DeviceTraits = { hasF16: false, isSoftware: true };
const IN_HALF_PRECISION: DeviceTraits = { hasF16: true, isSoftware: false };

let device: GPUDevice;

beforeAll(async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  device = opened.device;
});

afterAll(() => device.destroy());

describe.each([
  { widths: [3, 12], outputs: 'rgb', leak: 0 },
  { widths: [3, 4, 20, 4], outputs: 'luma', leak: 1 },
  { widths: [3, 8, 16, 4], outputs: 'luma', leak: 0.25 },
] satisfies NetworkShape[])('a network of widths $widths', (shape) => {
  test.each([ON_GPU, IN_SOFTWARE])('matches the reference (%o)', async (traits) => {
    const layers = madeUpLayers(shape.widths);
    const source = gradient(11, 6);
    const made = await runLayers(device, shape, layers, source, traits);
    for (const [n, expected] of featuresOf(shape, layers, source).entries()) {
      const tolerance = traits.isSoftware ? TOLERANCE : HALF_TOLERANCE;
      expect(difference(made[n], expected) / largest(expected)).toBeLessThan(tolerance);
    }
  });
});

// Widths from which sums are rough are added up in single precision.
test.each([[[3, 8, 16, 4]], [[3, 32, 4]]])(
  'layers of widths %j stay as exact as half precision allows, where the GPU has it',
  async (widths) => {
    if (!device.features.has('shader-f16')) return;
    const shape: NetworkShape = { widths, outputs: 'luma', leak: 0.25 };
    const layers = madeUpLayers(widths);
    const source = gradient(11, 6);
    const tolerances = halfPrecisionTolerances(shape, layers, source);
    const made = await runLayers(device, shape, layers, source, IN_HALF_PRECISION);
    for (const [n, expected] of featuresOf(shape, layers, source).entries())
      expect(excess(made[n], expected, tolerances[n])).toBeLessThan(TOLERANCE);
  },
);

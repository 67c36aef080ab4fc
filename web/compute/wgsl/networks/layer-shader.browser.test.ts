import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NETWORKS } from '../../../../shared/tasks/upscale.ts';
import type { NetworkShape } from '../../models/manifest.ts';
import { featuresOf } from '../../networks/reference-network.ts';
import { halfPrecisionTolerances } from '../../networks/test-half-precision.ts';
import { loadNetwork, loadVectors, madeUpLayers } from '../../test-models.ts';
import { openDevice } from '../gpu-device.ts';
import { deviceTraits, variantFor } from './kernel-variant.ts';
import { layerCode } from './layer-shader.ts';
import { difference, excess, gradient, HALF_TOLERANCE, largest, ON_GPU, runLayers, TOLERANCE } from './test-layers.ts';

let device: GPUDevice;

beforeAll(async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  device = opened.device;
});

afterAll(() => device.destroy());

/** Without `ultra`, whose layers a software GPU compiles for half a minute: seven are of one shape, and network-passes.browser.test.ts runs them all. */
const COMPILED = NETWORKS.filter((name) => name !== 'ultra');

describe.each(COMPILED)('every layer of %s matches PyTorch', (name) => {
  test('as this machine runs it', async () => {
    const { shape, layers } = await loadNetwork(name);
    const part = await loadVectors(name);
    const traits = deviceTraits(device);
    const made = await runLayers(device, shape, layers, part('source'), traits);
    const half = traits.hasF16 ? halfPrecisionTolerances(shape, layers, part('source')) : [];
    for (const [n, features] of made.entries()) {
      expect(excess(features, part(`layer${n}`), half[n])).toBeLessThan(TOLERANCE);
    }
  });

  test('with weights in buffers and features in half precision', async () => {
    const { shape, layers } = await loadNetwork(name);
    const part = await loadVectors(name);
    const made = await runLayers(device, shape, layers, part('source'), ON_GPU);
    for (const [n, features] of made.entries()) {
      const expected = part(`layer${n}`);
      expect(difference(features, expected) / largest(expected)).toBeLessThan(HALF_TOLERANCE);
    }
  });
});

test.each([
  ['layers as wide as those of `ultra`, their weights in a uniform buffer,', [3, 32, 32, 12]],
  ['weights that exceed a uniform buffer, and are read from a storage buffer,', [3, 44, 44, 12]],
] as const)('%s match the reference', async (_, widths) => {
  const shape: NetworkShape = { widths: [...widths], outputs: 'rgb', leak: 0.1 };
  const layers = madeUpLayers(shape.widths);
  const source = gradient(5, 4);
  const made = await runLayers(device, shape, layers, source, ON_GPU);
  for (const [n, expected] of featuresOf(shape, layers, source).entries())
    expect(difference(made[n], expected) / largest(expected)).toBeLessThan(HALF_TOLERANCE);
});

// An adapter with half precision compiles the shader as it is. Elsewhere f32 replaces f16, which does not reveal mixed types: `npm run
// bench -- kernels` does so on such an adapter.
test.each(NETWORKS)('the half-precision shaders of %s compile', async (name) => {
  const { shape, layers } = await loadNetwork(name);
  const canCompile = device.features.has('shader-f16');
  for (const [n, layer] of layers.entries()) {
    for (const isSoftware of [true, false]) {
      const place = { isFirst: n === 0, isLast: n === layers.length - 1 };
      const code = layerCode(shape, layer, place, variantFor(layer, { hasF16: true, isSoftware }), 'uniform');
      expect(code).toContain('enable f16;');
      const compiled = canCompile ? code : code.replace('enable f16;', '').replaceAll('f16>', 'f32>');
      const { messages } = await device.createShaderModule({ code: compiled }).getCompilationInfo();
      expect(messages.map(({ message }) => message)).toEqual([]);
    }
  }
});

import { expect, test } from 'vitest';
import { IMAGE } from '../../../../shared/tasks/upscale.ts';
import { doubledReference } from '../../networks/reference-network.ts';
import { loadNetwork, repositoryModels } from '../../test-models.ts';
import { largestVisibleDifference, paintedPicture } from '../../test-pictures.ts';
import { doubler, rimsOf } from '../../test-transparency.ts';
import { openDevice } from '../gpu-device.ts';
import { WgslBackend } from '../wgsl-backend.ts';

// What network-passes.browser.test.ts holds of the smaller networks: a software GPU compiles this one for 16 s.
test('ultra doubles a picture as the reference does, at odd sizes and with transparent parts, and without rims', async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  const backend = new WgslBackend(opened.device, repositoryModels);
  const { shape, layers } = await loadNetwork('ultra');
  const double = doubler(backend, 'ultra');
  for (const [width, height] of [
    [1, 1],
    [5, 7],
    [40, 33],
  ] as const) {
    const image = paintedPicture(width, height);
    const { data } = await double(image);
    const expected = doubledReference(shape, layers, image).data;
    expect(largestVisibleDifference(data, expected)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
  }
  expect(await rimsOf(double)).toEqual([]);
  backend.dispose();
});

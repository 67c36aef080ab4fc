import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { testPattern } from '../../web/compute/filter-benchmark.ts';
import { type ModelSource, modelName } from '../../web/compute/models/model-source.ts';
import { doubledReference } from '../../web/compute/networks/reference-network.ts';
import { unpackLayers } from '../../web/compute/networks/weights.ts';
import { PassFactory, UpscaleResources } from '../../web/compute/wgsl/upscale-resources.ts';
import { INPUT } from './ours.ts';

/** Odd, and more than one workgroup. */
const SIZE = { width: 45, height: 27 };

/** By network, the largest difference between what this device makes and the reference, in steps of 8 bits. */
export async function differencesFromReference(
  device: GPUDevice,
  models: ModelSource,
): Promise<Record<string, number>> {
  const passFactory = new PassFactory(device, models);
  const picture = testPattern(SIZE.width, SIZE.height);
  // Opaque: behind what is all but transparent, colours are noise.
  const image = { ...SIZE, data: Uint8Array.from(picture.data, (value, i) => (i % 4 === 3 ? 255 : value)) };
  const differences: Record<string, number> = {};
  for (const quality of NETWORKS) {
    const { model, bytes } = await models.load(modelName(quality, INPUT), 'wgsl');
    const expected = doubledReference(model.network, unpackLayers(model.network, bytes), image);
    const shape = { ...SIZE, outWidth: expected.width, outHeight: expected.height, quality, input: INPUT } as const;
    const resources = await UpscaleResources.create(device, passFactory, shape, 'texture');
    const readback = await resources.ring.take();
    resources.upload(image.data);
    resources.submit(readback);
    const made = await resources.ring.read(readback, (rows) => new Uint8Array(rows.slice(0)));
    differences[quality] = expected.data.reduce((most, value, i) => {
      const row = Math.floor(i / 4 / expected.width);
      const at = row * resources.ring.strideBytes + (i - row * expected.width * 4);
      return Math.max(most, Math.abs(value - (made[at] ?? Number.NaN)));
    }, 0);
    resources.dispose();
  }
  return differences;
}

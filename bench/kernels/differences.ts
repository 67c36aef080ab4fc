import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { modelName } from '../../web/compute/models/model-name.ts';
import type { ModelSource } from '../../web/compute/models/model-source.ts';
import { unpackLayers } from '../../web/compute/networks/layers.ts';
import { doubledReference } from '../../web/compute/networks/picture.ts';
import { probePicture } from '../../web/compute/probe.ts';
import { Recipes } from '../../web/compute/wgsl/recipes.ts';
import { Surface } from '../../web/compute/wgsl/surface.ts';
import { INPUT } from './contenders.ts';

/** Odd, and more than one workgroup. */
const SIZE = { width: 45, height: 27 };

/** The largest difference of this device's pictures from the reference by network, in steps of 8 bits. */
export async function differencesFromReference(
  device: GPUDevice,
  models: ModelSource,
): Promise<Record<string, number>> {
  const recipes = new Recipes(device, models);
  const picture = probePicture(SIZE.width, SIZE.height);
  // Opaque, since the colours of almost transparent pixels are noise.
  const image = { ...SIZE, data: Uint8Array.from(picture.data, (value, i) => (i % 4 === 3 ? 255 : value)) };
  const differences: Record<string, number> = {};
  for (const quality of NETWORKS) {
    const { model, bytes } = await models.load(modelName(quality, INPUT), 'wgsl');
    const expected = doubledReference(model.network, unpackLayers(model.network, bytes), image);
    const shape = { ...SIZE, outWidth: expected.width, outHeight: expected.height, quality, input: INPUT } as const;
    const surface = await Surface.create(device, recipes, shape, 'texture');
    const readback = await surface.ring.take();
    surface.upload(image.data);
    surface.submit(readback);
    const made = await surface.ring.read(readback, (rows) => new Uint8Array(rows.slice(0)));
    differences[quality] = expected.data.reduce((most, value, i) => {
      const row = Math.floor(i / 4 / expected.width);
      const at = row * surface.ring.strideBytes + (i - row * expected.width * 4);
      return Math.max(most, Math.abs(value - (made[at] ?? Number.NaN)));
    }, 0);
    surface.dispose();
  }
  return differences;
}

import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { type ModelSource, modelName } from '../../web/compute/models/model-source.ts';
import { unpackLayers } from '../../web/compute/networks/weights.ts';
import { compileNetwork } from '../../web/compute/wgsl/networks/compiled-network.ts';
import { NetworkPasses } from '../../web/compute/wgsl/networks/network-passes.ts';
import type { Contender } from './contender.ts';
import { workOf } from './work.ts';

/** What games render. The other kind's networks have the same shapes. */
export const INPUT = 'aliased';

export interface BenchPicture {
  texture: GPUTexture;
  width: number;
  height: number;
}

/** The networks as a stream runs them, each into a texture that is kept, and what compiling each took. */
export async function ourNetworks(device: GPUDevice, models: ModelSource, { texture, width, height }: BenchPicture) {
  const contenders: Contender[] = [];
  const compileMs: Record<string, number> = {};
  for (const quality of NETWORKS) {
    const { model, bytes } = await models.load(modelName(quality, INPUT), 'wgsl');
    const startMs = performance.now();
    const network = await compileNetwork(device, model.network, unpackLayers(model.network, bytes));
    compileMs[quality] = performance.now() - startMs;
    const shape = { width, height, outWidth: 2 * width, outHeight: 2 * height, quality };
    const passes = new NetworkPasses(device, { network, copy: null, resize: null }, shape);
    const result = device.createTexture({
      size: [2 * width, 2 * height],
      format: 'rgba8unorm',
      usage: GPUTextureUsage.STORAGE_BINDING,
    });
    const views = { source: texture.createView(), result: result.createView() };
    contenders.push({
      name: quality,
      parameters: model.parameters,
      work: workOf(model.network, width, height, network.layers[0]?.format === 'rgba16float' ? 2 : 4),
      run: () => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        passes.encode(pass, views.source, views.result);
        pass.end();
        device.queue.submit([encoder.finish()]);
      },
      dispose: () => {
        passes.dispose();
        result.destroy();
      },
    });
  }
  return { contenders, compileMs };
}

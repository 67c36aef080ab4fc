import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { GpuPlanes, PlanePasses } from '../../web/compute/ort/gpu-planes.ts';
import { gpuRuntime, gpuSession, serialized } from '../../web/compute/ort/runtime.ts';
import { servedModels } from '../../web/compute/test-models.ts';
import { type MoreContenders, measureKernels, noisePixels } from '../kernels/measure.ts';

export function measureInPage() {
  return measureKernels(navigator.gpu, servedModels('/models/'), ortNetworks);
}

/** The same networks by onnxruntime-web on the same device, from bytes on the GPU to bytes on the GPU; nothing is read back. */
const ortNetworks: MoreContenders = async (device, models, size) => {
  const isHalf = device.features.has('shader-f16');
  const passes = await PlanePasses.create(device, isHalf ? 'float16' : 'float32');
  const { Tensor } = await gpuRuntime();
  return Promise.all(
    NETWORKS.map(async (network) => {
      const { model, bytes } = await models.load(network, isHalf ? 'onnxFp16' : 'onnx');
      const session = await gpuSession(device, new Uint8Array(bytes));
      const planes = await GpuPlanes.create(passes, size, model.network, Number.POSITIVE_INFINITY);
      planes.upload(noisePixels(size.width, size.height));
      const run = async () => {
        for (const band of planes.bands) {
          const { width, height } = band;
          planes.submitInput(band);
          const dataType = passes.type;
          const source = Tensor.fromGpuBuffer(planes.input, { dataType, dims: [1, 3, height, width] });
          const sharp = Tensor.fromGpuBuffer(planes.output, { dataType, dims: [1, 3, 2 * height, 2 * width] });
          await serialized(() => session.run({ source }, { sharp }));
          planes.submitOutput(band);
        }
      };
      const dispose = () => {
        planes.dispose();
        void session.release();
      };
      return { name: `onnxruntime-web ${network}`, parameters: model.parameters, run, dispose };
    }),
  );
};

import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { EXCLUSIVE_SLOT } from '../../web/compute/filter-benchmark.ts';
import { GpuPlanes, PlanePasses } from '../../web/compute/ort/gpu-planes.ts';
import { gpuRuntime, gpuSession, serialized } from '../../web/compute/ort/runtime.ts';
import { servedModels } from '../../web/compute/test-models.ts';
import { makeFrame, RgbaReader } from '../../web/compute/video-frames.ts';
import { openDevice } from '../../web/compute/wgsl/gpu-device.ts';
import { WgslBackend } from '../../web/compute/wgsl/wgsl-backend.ts';
import { type MoreContenders, measureKernels, noisePixels } from '../kernels/measure.ts';
import { median } from '../measuring.ts';

export function measureInPage() {
  return measureKernels(navigator.gpu, servedModels('/models/'), ortNetworks);
}

/** A network that takes a software GPU 0.2 s: much longer than copying its result. */
const CANVAS_TARGET = { outWidth: 640, outHeight: 360, quality: 'balanced' } as const;
const CANVAS_RUNS = 7;

/**
 * Frames that leave the GPU on a canvas: the time until they are said to be finished, and until their pixels could be read, ms. The governor of
 * streams goes by the first. Null where there is no adapter.
 */
export async function measureCanvasOut() {
  const opened = await openDevice(navigator.gpu);
  if (!opened) return null;
  const backend = new WgslBackend(opened.device, servedModels('/models/'));
  await backend.prepare(CANVAS_TARGET.quality);
  backend.framePaths = { frameIn: 'copyExternalImageToTexture', frameOut: 'canvas' };
  const frames = backend.openFrames(CANVAS_TARGET);
  const saidMs: number[] = [];
  const trueMs: number[] = [];
  const reader = new RgbaReader();
  for (let run = 0; run <= CANVAS_RUNS; run++) {
    const size = { width: 320, height: 180, strideBytes: 320 * 4 };
    const frame = makeFrame(noisePixels(320, 180), size, { timestamp: run, duration: null, hasAlpha: false });
    const startMs = performance.now();
    const sharp = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
    const finishedMs = performance.now();
    await reader.read(sharp);
    frame.close();
    sharp.close();
    // The first compiles and allocates.
    if (run === 0) continue;
    saidMs.push(finishedMs - startMs);
    trueMs.push(performance.now() - startMs);
  }
  frames.dispose();
  backend.dispose();
  return { saidMs: median(saidMs), trueMs: median(trueMs) };
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

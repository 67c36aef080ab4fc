import { NETWORKS } from '../../shared/tasks/upscale.ts';
import type { NetworkShape } from '../../web/compute/models/manifest.ts';
import type { ModelSource } from '../../web/compute/models/model-source.ts';
import { channelBlocks, TAPS, unpackLayers } from '../../web/compute/networks/weights.ts';
import { compileNetwork } from '../../web/compute/wgsl/networks/compiled-network.ts';
import { NetworkPasses } from '../../web/compute/wgsl/networks/network-passes.ts';
import { durationsMs, mediansInTurn, sum } from '../measuring.ts';
import { anime4kPipelines } from '../quality/anime4k.ts';
import type { Peaks } from './peaks.ts';

/** A network that doubles one picture that is on the GPU. */
export interface Contender {
  name: string;
  parameters: number;
  /** For one frame, where it is known. */
  work?: Work;
  /** Submits one frame; resolves when it is submitted, not when it is done. */
  run(): void | Promise<void>;
  dispose?(): void;
}

/** Work for one frame. `bytes` must go to or from memory even if caches keep everything else. */
interface Work {
  flops: number;
  bytes: number;
  /** No schedule of the passes can be faster: for each pass, the longer of its arithmetic and its memory traffic. */
  floorMs(peaks: Peaks): number;
}

/** Our networks as a stream runs them, each into a texture that is kept. */
export async function ourNetworks(device: GPUDevice, models: ModelSource, texture: GPUTexture) {
  const { width, height } = texture;
  const contenders: Contender[] = [];
  for (const quality of NETWORKS) {
    const { model, bytes } = await models.load(quality, 'wgsl');
    const network = await compileNetwork(device, model.network, unpackLayers(model.network, bytes));
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
  return contenders;
}

export function anime4kNetworks(device: GPUDevice, texture: GPUTexture): Contender[] {
  return anime4kPipelines(device, texture).map(({ name, parameters, pipeline }) => {
    const run = () => {
      const encoder = device.createCommandEncoder();
      pipeline.pass(encoder);
      device.queue.submit([encoder.finish()]);
    };
    return { name, parameters, run };
  });
}

/** The work of a network whose features between layers take `channelBytes` for each channel. */
function workOf({ widths }: NetworkShape, width: number, height: number, channelBytes: number): Work {
  const places = width * height;
  const sourceBytes = places * 4;
  const last = widths.length - 2;
  const passes = widths.slice(1).map((outputs, n) => {
    const inputs = widths[n] ?? 0;
    const features = (channels: number) => places * channelBlocks(channels) * 4 * channelBytes;
    const read = n === 0 ? sourceBytes : features(inputs) + (n === last ? sourceBytes : 0);
    const written = n === last ? 4 * sourceBytes : features(outputs);
    return { flops: 2 * TAPS * inputs * outputs * places, bytes: read + written };
  });
  return {
    flops: sum(passes.map(({ flops }) => flops)),
    bytes: sum(passes.map(({ bytes }) => bytes)),
    floorMs: ({ flopsPerMs, bytesPerMs }) =>
      sum(passes.map(({ flops, bytes }) => Math.max(flops / flopsPerMs, bytes / bytesPerMs))),
  };
}

/** A batch must be longer than starting and draining it takes; on a slow device one frame is enough. */
const BATCH_MS = 60;
const MAX_BATCH = 64;
/** A contender is not measured for longer: onnxruntime takes a minute a frame on a software GPU. */
const LONG_ENOUGH_MS = 5_000;

/** The median frame time of each contender, ms. They take turns, so that a busy moment of the machine affects all of them. */
export async function frameTimes(device: GPUDevice, contenders: readonly Contender[], rounds: number) {
  const frameMs = async ({ run }: Contender, frames: number) => {
    const [tookMs = Number.NaN] = await durationsMs(1, async () => {
      for (let frame = 0; frame < frames; frame++) await run();
      await device.queue.onSubmittedWorkDone();
    });
    return Math.max(tookMs, 0.01) / frames;
  };
  const measurements: Record<string, () => Promise<number>> = {};
  for (const contender of contenders) {
    await frameMs(contender, 1);
    const onceMs = await frameMs(contender, 1);
    const frames = Math.min(MAX_BATCH, Math.ceil(BATCH_MS / onceMs));
    measurements[contender.name] = async () =>
      rounds * onceMs > LONG_ENOUGH_MS ? onceMs : await frameMs(contender, frames);
  }
  const ms = await mediansInTurn(measurements, rounds);
  return contenders.map((contender) => ({ ...contender, ms: ms[contender.name] ?? Number.NaN }));
}

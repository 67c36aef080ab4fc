import type { ModelSource } from '../../web/compute/models/model-source.ts';
import { openDevice } from '../../web/compute/wgsl/gpu-device.ts';
import { anime4kNetworks, type Contender, frameTimes, ourNetworks } from './contenders.ts';
import { measurePeaks } from './peaks.ts';

/** Source sizes; a software GPU gets only the first. */
const SIZES = [
  { width: 320, height: 180 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
];
const ROUNDS = 7;

/** More contenders, where they can run. */
export type MoreContenders = (
  device: GPUDevice,
  models: ModelSource,
  size: { width: number; height: number },
) => Promise<Contender[]>;

export type KernelReport = NonNullable<Awaited<ReturnType<typeof measureKernels>>>;

/** Our networks beside others on one device and the same picture. Null where there is no adapter. */
export async function measureKernels(gpu: GPU | undefined, models: ModelSource, more?: MoreContenders) {
  const opened = gpu ? await openDevice(gpu) : null;
  if (!opened) return null;
  const { device, name: adapter, isSoftware } = opened;
  const hasF16 = device.features.has('shader-f16');
  const peaks = await measurePeaks(device, isSoftware);
  const sizes = [];
  for (const size of isSoftware ? SIZES.slice(0, 1) : SIZES) {
    const picture = noise(device, size.width, size.height);
    const ours = await ourNetworks(device, models, picture);
    const others = [...anime4kNetworks(device, picture), ...((await more?.(device, models, size)) ?? [])];
    const timed = await frameTimes(device, [...ours, ...others], ROUNDS);
    const timings = timed.map(({ name, parameters, ms, work, dispose }) => {
      dispose?.();
      const known = work && { gflops: work.flops / 1e9, megabytes: work.bytes / 1e6, floorMs: work.floorMs(peaks) };
      return { name, parameters, ms, work: known ?? null };
    });
    picture.destroy();
    sizes.push({ ...size, timings });
  }
  device.destroy();
  const { flopsPerMs, bytesPerMs } = peaks;
  return { adapter, isSoftware, hasF16, sizes, gigaflopsPerS: flopsPerMs / 1e6, gigabytesPerS: bytesPerMs / 1e6 };
}

function noise(device: GPUDevice, width: number, height: number): GPUTexture {
  const texture = device.createTexture({
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
  });
  device.queue.writeTexture({ texture }, noisePixels(width, height), { bytesPerRow: width * 4 }, [width, height]);
  return texture;
}

/** Opaque pixels without a pattern, the same in every run. */
export function noisePixels(width: number, height: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 2_654_435) >> 7));
}

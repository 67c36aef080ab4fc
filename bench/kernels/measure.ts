import { networksIn, parseManifest } from '../../web/compute/models/manifest.ts';
import type { ModelSource } from '../../web/compute/models/model-source.ts';
import { openDevice } from '../../web/compute/wgsl/gpu-device.ts';
import { anime4kNetworks } from './anime4k.ts';
import { type Contender, type Timing, timed } from './contender.ts';
import { differencesFromReference } from './differences.ts';
import { type BenchPicture, ourNetworks } from './ours.ts';
import { measurePeaks } from './peaks.ts';

/** Source sizes; the larger ones only where there is a GPU. */
const SIZES = [
  { width: 320, height: 180 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
];
const ROUNDS = 7;

export interface KernelTiming extends Timing {
  gflops: number | null;
  megabytes: number | null;
  /** Null for those whose work is not known. */
  floorMs: number | null;
}

export interface KernelReport {
  adapter: string;
  isSoftware: boolean;
  hasF16: boolean;
  gigaflopsPerS: number;
  gigabytesPerS: number;
  /** Of whole pictures from the reference, in steps of 8 bits, by network. */
  differences: Record<string, number>;
  /** From the weights to kernels that can run, by network. */
  compileMs: Record<string, number>;
  sizes: { width: number; height: number; timings: KernelTiming[] }[];
}

/** What is measured beside ours and anime4k-webgpu's, where it can run. */
export type MoreContenders = (
  device: GPUDevice,
  models: ModelSource,
  size: { width: number; height: number },
) => Promise<Contender[]>;

/** Our networks beside others on one device, the same picture, in turn. Null where there is no adapter. */
export async function measureKernels(
  gpu: GPU | undefined,
  models: ModelSource,
  more: MoreContenders = async () => [],
): Promise<KernelReport | null> {
  const opened = gpu ? await openDevice(gpu) : null;
  if (!opened) return null;
  const { device, name, isSoftware } = opened;
  const peaks = await measurePeaks(device, isSoftware);
  const differences = await differencesFromReference(device, models);
  const sizes = [];
  let compileMs: Record<string, number> = {};
  for (const size of isSoftware ? SIZES.slice(0, 1) : SIZES) {
    const picture = noise(device, size.width, size.height);
    const ours = await ourNetworks(device, models, picture);
    if (sizes.length === 0) compileMs = ours.compileMs;
    const others = [...anime4kNetworks(device, picture), ...(await more(device, models, size))];
    const contenders: Contender[] = [...ours.contenders, ...others];
    const timings = await timed(device, contenders, ROUNDS);
    for (const { dispose } of contenders) dispose?.();
    picture.texture.destroy();
    const withWork = timings.map((timing, n) => {
      const { work } = contenders[n] ?? {};
      return {
        ...timing,
        gflops: work ? work.flops / 1e9 : null,
        megabytes: work ? work.bytes / 1e6 : null,
        floorMs: work ? work.floorMs(peaks) : null,
      };
    });
    sizes.push({ ...size, timings: withWork });
  }
  device.destroy();
  return {
    adapter: name,
    isSoftware,
    hasF16: device.features.has('shader-f16'),
    gigaflopsPerS: peaks.flopsPerMs / 1e6,
    gigabytesPerS: peaks.bytesPerMs / 1e6,
    differences,
    compileMs,
    sizes,
  };
}

/** The models of a folder, wherever it can be read from. */
export function modelsFrom(read: (file: string) => Promise<ArrayBuffer>): ModelSource {
  return {
    load: async (name, kind) => {
      const manifest = parseManifest(JSON.parse(new TextDecoder().decode(await read('manifest.json'))));
      const model = networksIn(manifest).find((candidate) => candidate.name === name);
      if (!model) throw new Error(`There is no model ${name}.`);
      return { model, bytes: await read(model.files[kind].path) };
    },
  };
}

function noise(device: GPUDevice, width: number, height: number): BenchPicture {
  const texture = device.createTexture({
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
  });
  const pixels = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 2_654_435) >> 7));
  device.queue.writeTexture({ texture }, pixels, { bytesPerRow: width * 4 }, [width, height]);
  return { texture, width, height };
}

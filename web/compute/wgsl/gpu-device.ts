import { MeshError } from '../../../shared/errors.ts';

/** A device that we own. */
export interface OpenedDevice {
  device: GPUDevice;
  /** Name of the adapter, for people. */
  name: string;
  /** Whether the adapter is a software GPU, which runs on the processor. */
  isSoftware: boolean;
}

/** Longest name, in characters: it must fit the capabilities with a few words around it. */
const MAX_NAME = 100;

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i;

/**
 * Opens a device, or returns null if there is no adapter. The default limits of WebGPU are enough for a 16-megapixel picture (textures
 * of 8,192 pixels a side, buffers of 256 MiB of which it needs 64, 16 KiB of workgroup memory), so none are requested. Of the features
 * half precision is, which doubles the throughput of most GPUs, and the GPU's own clock, which says how long it computed.
 */
export async function openDevice(gpu: GPU): Promise<OpenedDevice | null> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  const { info } = adapter;
  const wanted = ['shader-f16', 'timestamp-query'] as const;
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature));
  const label = 'p2c2r';
  // Some drivers offer features that their devices do not have. Everything runs without them, if slower.
  const device = await adapter.requestDevice({ label, requiredFeatures }).catch(() => adapter.requestDevice({ label }));
  return { device, name: adapterName(info), isSoftware: isSoftware(info) };
}

/** Browsers reveal as much of an adapter as they like: a sentence, a family, or nothing. */
export function adapterName(info: GPUAdapterInfo): string {
  const { description, vendor, architecture, device } = info;
  const name = description || [vendor, architecture || device].filter(Boolean).join(' ') || 'A GPU without a name';
  return isSoftware(info) ? `${name.slice(0, MAX_NAME)} (software)` : name.slice(0, MAX_NAME);
}

export function isSoftware({ isFallbackAdapter, vendor, architecture, device, description }: GPUAdapterInfo): boolean {
  return isFallbackAdapter || isSoftwareName([vendor, architecture, device, description].join(' '));
}

/** Whether a driver's name for itself is that of a program that computes on the processor. */
export function isSoftwareName(name: string): boolean {
  return SOFTWARE.test(name);
}

/** The error of a valid call on a device that was lost. */
export function deviceLost(cause: unknown): MeshError {
  return new MeshError(
    'device-lost',
    'The GPU device was lost during the computation. The work moves to another device.',
    { cause },
  );
}

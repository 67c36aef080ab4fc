import { MeshError } from '../../../shared/errors.ts';

/** A device of ours, and what there is to say about it. */
export interface OpenedDevice {
  device: GPUDevice;
  /** For a person. */
  name: string;
  /** The processor pretending to be a GPU. */
  isSoftware: boolean;
}

/** Fits the capabilities it is told in, with a few words around it. */
const MAX_NAME = 100;

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i;

/**
 * Null where there is no adapter. The limits every WebGPU device has are enough for a 16-megapixel picture, so none are asked for:
 * textures of 8,192 pixels a side, buffers of 256 MiB (it takes 64), 16 KiB of workgroup memory. Of the
 * features only half precision, which doubles what most GPUs compute.
 */
export async function openDevice(gpu: GPU): Promise<OpenedDevice | null> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  const { info } = adapter;
  const requiredFeatures = adapter.features.has('shader-f16') ? (['shader-f16'] as const) : [];
  const device = await adapter.requestDevice({ label: 'p2c2r', requiredFeatures });
  return { device, name: adapterName(info), isSoftware: isSoftware(info) };
}

/** Browsers tell as much as they like of an adapter: a sentence, a family, or nothing. */
export function adapterName(info: GPUAdapterInfo): string {
  const { description, vendor, architecture, device } = info;
  const name = description || [vendor, architecture || device].filter(Boolean).join(' ') || 'A GPU without a name';
  return isSoftware(info) ? `${name.slice(0, MAX_NAME)} (software)` : name.slice(0, MAX_NAME);
}

export function isSoftware({ isFallbackAdapter, vendor, architecture, device, description }: GPUAdapterInfo): boolean {
  return isFallbackAdapter || SOFTWARE.test([vendor, architecture, device, description].join(' '));
}

/** What a sound call on a device that is gone comes to. */
export function deviceLost(cause: unknown): MeshError {
  return new MeshError('device-lost', 'The GPU went away while it computed. The work is given to another.', { cause });
}

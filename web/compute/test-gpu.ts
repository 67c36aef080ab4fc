import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { type BackendName, SAFE_FRAME_PATHS } from './backend.ts';
import { type ExecutorSpeed, type MeasuredSpeeds, type NetworkCosts, speedsKey } from './measured-speeds.ts';
import { adapterName } from './wgsl/gpu-device.ts';

/** The browser's WebGPU, with a list of the devices that it opened, so that a test can destroy them. */
export function watchedGpu(): { gpu: GPU; devices: GPUDevice[] } {
  const devices: GPUDevice[] = [];
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = await navigator.gpu.requestAdapter(options);
    if (!adapter) return null;
    return {
      info: adapter.info,
      features: adapter.features,
      requestDevice: async (descriptor?: GPUDeviceDescriptor) => {
        const device = await adapter.requestDevice(descriptor);
        devices.push(device);
        return device;
      },
    };
  };
  return { gpu: { requestAdapter } as unknown as GPU, devices };
}

/**
 * Speeds for this browser's adapter, for tests of engines that do not test measuring: on a software GPU that takes seconds. The processor
 * is faster than the GPU, as it is beside a software GPU, so that an engine without `preferBackend` uses the processor there.
 *
 * @param preferBackend - the same as the engine's.
 * @param gpu - the same as the engine's; null for an engine without one.
 */
export async function fixedSpeeds(
  preferBackend?: BackendName,
  gpu: GPU | null | undefined = navigator.gpu,
): Promise<MeasuredSpeeds> {
  const usesGpu = !['wasm', 'js', 'ort-wasm'].includes(preferBackend ?? '');
  const adapter = usesGpu ? await gpu?.requestAdapter({ powerPreference: 'high-performance' }) : null;
  const executor: ExecutorSpeed = { unitsPerMs: 1_000, minCost: 0, minSize: 0 };
  const executors = preferBackend === 'wgsl' ? { raytracing: executor, pathfinding: executor, physics: executor } : {};
  const costs = {
    wgsl: { fixedMs: 5, msPerPixel: 0.01 },
    wasm: { fixedMs: 1, msPerPixel: 0.0002 },
    'ort-wasm': { fixedMs: 1, msPerPixel: 0.0005 },
    'ort-webgpu': { fixedMs: 20, msPerPixel: 0.1 },
  };
  return {
    key: speedsKey(adapter ? adapterName(adapter.info) : '', preferBackend),
    cpuUnitsPerMs: 5_000,
    gpu: adapter ? { filterUnitsPerMs: 2_500, framePaths: SAFE_FRAME_PATHS, executors } : null,
    networks: Object.fromEntries(NETWORKS.map((network) => [network, costs])) as NetworkCosts,
  };
}

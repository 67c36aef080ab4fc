/** The browser's WebGPU, and the devices that were taken from it: a test takes them away. */
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

import { mapFailed } from './readback-ring.ts';

/** A copy of what the GPU will have written by then. The buffer may be copied to again. Throws MeshError `device-lost`, `too-large`. */
export async function readBuffer(buffer: GPUBuffer, sizeBytes = buffer.size): Promise<ArrayBuffer> {
  await buffer.mapAsync(GPUMapMode.READ, 0, sizeBytes).catch((cause: unknown) => {
    throw mapFailed(cause);
  });
  const bytes = buffer.getMappedRange(0, sizeBytes).slice(0);
  buffer.unmap();
  return bytes;
}

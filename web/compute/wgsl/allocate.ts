import { MeshError } from '../../../shared/errors.ts';
import { deviceLost } from './device-lost.ts';

type MakeBuffer = (label: string, size: number, usage: GPUBufferUsageFlags) => GPUBuffer;

/** What one task has on the GPU; whoever asked for it destroys it. */
export interface Allocated<T> {
  buffers: T;
  destroy(): void;
}

/** Throws MeshError `too-large` when the GPU has no memory for all of them, `device-lost`. */
export async function allocate<T>(
  device: GPUDevice,
  what: string,
  make: (buffer: MakeBuffer) => T,
): Promise<Allocated<T>> {
  const made: GPUBuffer[] = [];
  device.pushErrorScope('out-of-memory');
  const buffers = make((label, size, usage) => {
    const buffer = device.createBuffer({ label, size, usage });
    made.push(buffer);
    return buffer;
  });
  const error = await device.popErrorScope().catch((cause: unknown) => {
    throw deviceLost(cause);
  });
  const destroy = () => {
    for (const buffer of made) buffer.destroy();
  };
  if (!error) return { buffers, destroy };
  destroy();
  throw new MeshError('too-large', `This GPU has no memory for ${what}. Close other programs, or make it smaller.`);
}

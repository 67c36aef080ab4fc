import { MeshError } from '../../../shared/errors.ts';
import { deviceLost } from './gpu-device.ts';

/** Readback buffers in rotation: enough to hide the 5 to 15 ms of `mapAsync`. */
export const READBACK_RING_SIZE = 3;

/** Bytes of textures and buffers kept for sizes that may come again: one 16-megapixel picture, or dozens of frame sizes. */
export const MAX_CACHED_BYTES = 256 * 1024 * 1024;

type MakeBuffer = (label: string, size: number, usage: GPUBufferUsageFlags) => GPUBuffer;

/** The buffers of one task. The caller destroys them. */
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

/** Copies a buffer once the GPU has written it. The buffer can be used again afterwards. Throws MeshError `device-lost`, `too-large`. */
export async function readBuffer(buffer: GPUBuffer, sizeBytes = buffer.size): Promise<ArrayBuffer> {
  await buffer.mapAsync(GPUMapMode.READ, 0, sizeBytes).catch((cause: unknown) => {
    throw mapFailed(cause);
  });
  const bytes = buffer.getMappedRange(0, sizeBytes).slice(0);
  buffer.unmap();
  return bytes;
}

/** Row alignment of copies out of a texture (WebGPU specification, `bytesPerRow`). */
const ROW_ALIGNMENT_BYTES = 256;

/** Buffers in rotation that bring pictures of one size back from the GPU: one is mapped while the next is computed. */
export class ReadbackRing {
  readonly strideBytes: number;
  readonly #device: GPUDevice;
  readonly #sizeBytes: number;
  readonly #free: GPUBuffer[] = [];
  readonly #waiting: { resolve(buffer: GPUBuffer): void; reject(error: MeshError): void }[] = [];
  #made = 0;
  #isDisposed = false;

  constructor(device: GPUDevice, width: number, height: number, pixelBytes = 4) {
    this.#device = device;
    this.strideBytes = Math.ceil((width * pixelBytes) / ROW_ALIGNMENT_BYTES) * ROW_ALIGNMENT_BYTES;
    this.#sizeBytes = this.strideBytes * height;
  }

  get sizeBytes(): number {
    return this.#made * this.#sizeBytes;
  }

  /** Waits while all buffers are in use. Pass the buffer to {@link read}. Throws MeshError `closed`. */
  take(): Promise<GPUBuffer> | GPUBuffer {
    if (this.#isDisposed) throw MeshError.closed('The picture');
    const free = this.#free.pop();
    if (free) return free;
    if (this.#made >= READBACK_RING_SIZE) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    this.#made++;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.#device.createBuffer({ label: 'readback', size: this.#sizeBytes, usage });
  }

  /** Passes the bytes to `use` once the GPU has written them. They are invalid after that. Throws MeshError `device-lost`, `too-large`. */
  async read<T>(buffer: GPUBuffer, use: (bytes: ArrayBuffer) => T): Promise<T> {
    try {
      await buffer.mapAsync(GPUMapMode.READ).catch((cause: unknown) => {
        throw mapFailed(cause);
      });
      const result = use(buffer.getMappedRange());
      buffer.unmap();
      return result;
    } finally {
      this.#release(buffer);
    }
  }

  /** Reads in progress still finish. */
  dispose(): void {
    this.#isDisposed = true;
    for (const buffer of this.#free.splice(0)) buffer.destroy();
    for (const { reject } of this.#waiting.splice(0)) reject(MeshError.closed('The picture'));
  }

  #release(buffer: GPUBuffer): void {
    if (this.#isDisposed) {
      buffer.destroy();
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(buffer);
    else this.#free.push(buffer);
  }
}

/** Mapping a buffer of a lost device aborts; one that could not be allocated is invalid (WebGPU specification, `mapAsync`). */
export function mapFailed(cause: unknown): MeshError {
  if (!(cause instanceof DOMException) || cause.name !== 'OperationError') return deviceLost(cause);
  const what = 'This GPU has no memory for the picture. Close other programs, or make it smaller.';
  return new MeshError('too-large', what, { cause });
}

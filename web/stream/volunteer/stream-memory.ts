import { MeshError } from '../../../shared/errors.ts';
import { type StreamSize, shrunk } from '../frame-size.ts';

const MIB = 1024 * 1024;

/**
 * Memory that the streams of gamers may take here, without the features of networks, which the compute engine counts. It is counted by the sizes that
 * were agreed, before anything is allocated.
 */
export const STREAM_MEMORY = {
  /** Bytes of one link: the largest stream that there is, 4096x4096 in its own size, with some room to spare. */
  maxBytesPerLink: 896 * MIB,
  /** Bytes of all links together: six streams from 1080p to 4K. */
  maxBytes: 2_048 * MIB,
} as const;

/** For each pixel of a source: packets, frames that wait and the one that is read (I420), and its pixels on the processor and on the GPU. */
const SOURCE_PIXEL_BYTES = 20;
/** For each pixel of a result: the result and its readback buffers, frames that wait for the encoder, and those that it refers to. */
const RESULT_PIXEL_BYTES = 32;

/** The streams of one link. */
export interface StreamMemoryUser {
  /** Sizes of its open streams. */
  readonly sizes: readonly StreamSize[];
}

/** The memory that the streams of all links of a volunteer share. */
export class StreamMemory {
  readonly #limits: Readonly<Record<keyof typeof STREAM_MEMORY, number>>;
  readonly #users = new Set<StreamMemoryUser>();

  constructor(limits: Readonly<Record<keyof typeof STREAM_MEMORY, number>> = STREAM_MEMORY) {
    this.#limits = limits;
  }

  add(user: StreamMemoryUser): void {
    this.#users.add(user);
  }

  remove(user: StreamMemoryUser): void {
    this.#users.delete(user);
  }

  /** To be called before this link opens another stream. Throws MeshError `too-large` where it does not fit beside the open ones. */
  checkCapacity(user: StreamMemoryUser, size: StreamSize): void {
    const { maxBytesPerLink, maxBytes } = this.#limits;
    const allBytes = [...this.#users].reduce((sum, { sizes }) => sum + bytesOf(sizes), 0);
    const freeBytes = Math.max(0, Math.min(maxBytes - allBytes, maxBytesPerLink - bytesOf(user.sizes)));
    const sizeBytes = bytesOf([size]);
    if (sizeBytes <= freeBytes) return;
    throw new MeshError('too-large', refusal(size, Math.sqrt(sizeBytes / freeBytes)));
  }
}

/** Memory that streams of these sizes take, bytes. */
function bytesOf(sizes: readonly StreamSize[]): number {
  const ofOne = ({ width, height, outWidth, outHeight }: StreamSize) =>
    SOURCE_PIXEL_BYTES * width * height + RESULT_PIXEL_BYTES * outWidth * outHeight;
  return sizes.reduce((sum, size) => sum + ofOne(size), 0);
}

/** Short enough to be quoted whole (peer-error.ts). */
function refusal(size: StreamSize, divisor: number): string {
  const { width, height, outWidth, outHeight } = size;
  const fitting = shrunk(size, divisor);
  // Smaller ones help nobody.
  const advice = divisor <= 4 ? ` From ${fitting.width}x${fitting.height} it would fit.` : '';
  const what = `No memory for a stream from ${width}x${height} to ${outWidth}x${outHeight} beside the open ones.`;
  return `${what}${advice} Use smaller frames, or close a stream.`;
}

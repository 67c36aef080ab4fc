import { MeshError } from '../../../../shared/errors.ts';
import type { PictureSize } from '../../../../shared/tasks/upscale-size.ts';

const MIB = 1024 * 1024;

/**
 * Bytes of features of all streams on one GPU: of the largest pictures that a network may have (network-passes.ts), and half as much for the
 * quality that is shown until the next better one is ready.
 */
const MAX_STREAM_FEATURE_BYTES = 1_536 * MIB;

/**
 * What the networks of all streams on one GPU have between their layers, whoever opened the streams: at a volunteer each gamer opens some, and
 * each of them alone may be as large as a GPU allows. A stream that gets no room shows a lower quality.
 */
export class FeatureMemory {
  readonly #maxBytes: number;
  readonly #bytesOf = new Map<object, number>();

  constructor(maxBytes = MAX_STREAM_FEATURE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes room for a stream, in place of what it had. Throws MeshError `queue-full` where the others leave too little; then it has none.
   *
   * @param size - of its frames, pixels.
   */
  take(stream: object, sizeBytes: number, { width, height }: PictureSize): void {
    this.free(stream);
    const freeBytes = [...this.#bytesOf.values()].reduce((left, bytes) => left - bytes, this.#maxBytes);
    if (sizeBytes > freeBytes) {
      const scale = Math.sqrt(freeBytes / sizeBytes);
      const fitting = `${Math.floor(width * scale)}x${Math.floor(height * scale)}`;
      throw new MeshError(
        'queue-full',
        `The network needs ${inMib(sizeBytes)} MiB of the GPU for frames of ${width}x${height}, and other streams leave ${inMib(freeBytes)}. ` +
          `Frames of ${fitting} would fit. Make them smaller, close another stream, or use 'spatial'.`,
      );
    }
    if (sizeBytes > 0) this.#bytesOf.set(stream, sizeBytes);
  }

  free(stream: object): void {
    this.#bytesOf.delete(stream);
  }
}

function inMib(sizeBytes: number): number {
  return Math.round(sizeBytes / MIB);
}

import { MeshError } from '../../../shared/errors.ts';

const MIB = 1024 * 1024;

/**
 * The part of a machine's memory that one model may have: it is there up to four times while it is opened (as downloaded, as the runtime's copy, as
 * its weights, as those rearranged for the kernels), and the browser, the game and the frames need the rest.
 */
const SHARE_OF_MEMORY = 1 / 16;

/** Most bytes of a model: WebAssembly's memory has 4 GiB of addresses, and the runtime needs several times a model's size. */
const MOST_BYTES = 512 * MIB;

/** Memory of a machine that does not tell, GiB: that of a small one. */
const UNKNOWN_MEMORY_GIB = 4;

/** @param memoryGib - `navigator.deviceMemory`: rounded, and never above 8 in some browsers. */
export function modelBytesFor(memoryGib = UNKNOWN_MEMORY_GIB): number {
  return Math.min(MOST_BYTES, memoryGib * 1024 * MIB * SHARE_OF_MEMORY);
}

export const DEFAULT_MODEL_BYTES = modelBytesFor();

/** The same for this machine. */
export function ownModelBytes(): number {
  const { navigator } = globalThis as { navigator?: { deviceMemory?: number } };
  return modelBytesFor(navigator?.deviceMemory);
}

/** @param sizeBytes - null where it is not known how large it is. */
export function modelTooLarge(what: string, sizeBytes: number | null, limitBytes: number): MeshError {
  const size = sizeBytes === null ? 'has more' : `has ${Math.ceil(sizeBytes / MIB)} MiB`;
  const message = `The model ${what} ${size}; this machine's memory is enough for models of ${Math.floor(limitBytes / MIB)} MiB. Use a smaller or quantised one.`;
  return new MeshError('too-large', message);
}

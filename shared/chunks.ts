import { concatBytes, totalBytes } from './bytes.ts';
import { MeshError } from './errors.ts';
import { TRANSFER } from './protocol-limits.ts';

/**
 * Size of a chunk's header. A chunk on the wire, little endian:
 * u8 version | u8 kind | u16 reserved, 0 | u32 transfer id | u32 index | u32 count | payload.
 */
export const CHUNK_HEADER_BYTES = 16;
const CHUNK_VERSION = 1;
const KIND_TRANSFER = 1;

interface ChunkHeader {
  transferId: number;
  /** 0-based position of the chunk in its transfer. */
  index: number;
  /** Chunks of the whole transfer. */
  count: number;
}

/**
 * Splits a transfer into chunks of at most `chunkBytes` of payload. Each chunk is created on demand, so that a transfer of 64 MiB is not
 * held in memory twice.
 *
 * @param transferId - unsigned 32-bit number; must differ from that of every unfinished transfer on the channel.
 * @param parts - the transfer as consecutive byte ranges.
 */
export function* splitTransfer(
  transferId: number,
  parts: readonly Uint8Array[],
  chunkBytes: number,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const sizeBytes = totalBytes(parts);
  const count = Math.max(1, Math.ceil(sizeBytes / chunkBytes));
  let partIndex = 0;
  let partOffset = 0;
  for (let index = 0; index < count; index++) {
    const payloadBytes = Math.min(chunkBytes, sizeBytes - index * chunkBytes);
    const chunk = new Uint8Array(CHUNK_HEADER_BYTES + payloadBytes);
    writeHeader(chunk, { transferId, index, count });
    let filled = 0;
    while (filled < payloadBytes) {
      const part = parts[partIndex];
      if (!part) break;
      const slice = part.subarray(partOffset, partOffset + payloadBytes - filled);
      chunk.set(slice, CHUNK_HEADER_BYTES + filled);
      filled += slice.byteLength;
      partOffset += slice.byteLength;
      if (partOffset === part.byteLength) {
        partIndex++;
        partOffset = 0;
      }
    }
    yield chunk;
  }
}

export interface ReassemblerOptions {
  /** Payload of every chunk but the last of a transfer. */
  chunkBytes: number;
  /** For lossy channels, which are ordered and not interleaved: a chunk of another transfer means that the rest of the unfinished one is lost. */
  lossy?: boolean;
  /** Called with the ids of transfers that will never be complete. */
  onLost?: (transferIds: number[]) => void;
  maxTransferBytes?: number;
  maxPartialTransfers?: number;
  maxPartialBytes?: number;
}

interface PartialTransfer {
  /** Chunks of the whole transfer. */
  count: number;
  /** Payloads by index, in the order of arrival. */
  chunks: Map<number, Uint8Array>;
  sizeBytes: number;
  startedMs: number;
  /** When its newest chunk arrived. */
  progressMs: number;
}

/** Reassembles transfers from chunks in any order. All limits apply to one channel; exceeding one throws a MeshError. */
export class Reassembler {
  readonly #partials = new Map<number, PartialTransfer>();
  readonly #options: Required<Omit<ReassemblerOptions, 'onLost'>> & Pick<ReassemblerOptions, 'onLost'>;
  #partialBytes = 0;

  constructor(options: ReassemblerOptions) {
    this.#options = {
      lossy: false,
      maxTransferBytes: TRANSFER.maxTransferBytes,
      maxPartialTransfers: TRANSFER.maxPartialTransfers,
      maxPartialBytes: TRANSFER.maxPartialBytes,
      ...options,
    };
  }

  /** Number of transfers of which only a part has arrived. */
  get unfinished(): number {
    return this.#partials.size;
  }

  /** Bytes of transfers of which only a part has arrived. */
  get unfinishedBytes(): number {
    return this.#partialBytes;
  }

  /** When the unfinished transfer that has waited longest last got a chunk; infinite if there is none. */
  get stalledSinceMs(): number {
    let sinceMs = Number.POSITIVE_INFINITY;
    for (const { progressMs } of this.#partials.values()) sinceMs = Math.min(sinceMs, progressMs);
    return sinceMs;
  }

  /**
   * Adds a chunk. Returns the transfer if this chunk completes it, otherwise null; a transfer of one chunk is a view of `chunk`. Throws
   * MeshError `malformed` or `too-large`.
   *
   * @param nowMs - monotonic time, ms.
   */
  push(chunk: Uint8Array, nowMs: number): Uint8Array | null {
    const header = readHeader(chunk);
    const payload = chunk.subarray(CHUNK_HEADER_BYTES);
    this.#checkSize(header, payload);
    if (this.#options.lossy) this.#dropOthers(header.transferId);
    if (header.count === 1) return payload;

    const partial = this.#partials.get(header.transferId) ?? this.#begin(header, nowMs);
    if (partial.count !== header.count) throw MeshError.malformed('Two chunks of one transfer disagree on its length.');
    if (partial.chunks.has(header.index)) throw MeshError.malformed('A chunk arrived twice.');
    if (this.#partialBytes + payload.byteLength > this.#options.maxPartialBytes) {
      const { maxPartialBytes } = this.#options;
      throw MeshError.tooLarge(
        'The unfinished data on this channel',
        this.#partialBytes + payload.byteLength,
        maxPartialBytes,
      );
    }
    partial.chunks.set(header.index, payload);
    partial.progressMs = nowMs;
    partial.sizeBytes += payload.byteLength;
    this.#partialBytes += payload.byteLength;
    if (partial.chunks.size < header.count) return null;

    this.#forget(header.transferId, partial);
    return join(partial);
  }

  /** Drops unfinished transfers whose first chunk arrived before `beforeMs`. */
  expire(beforeMs: number): void {
    this.#drop((_, partial) => partial.startedMs < beforeMs);
  }

  /** Drops all unfinished transfers: the channel has ended. */
  clear(): void {
    this.#partials.clear();
    this.#partialBytes = 0;
  }

  /** Those with a higher id too: a peer that counts down could otherwise have every one of them kept. */
  #dropOthers(transferId: number): void {
    if (this.#partials.size > 0) this.#drop((id) => id !== transferId);
  }

  #drop(isLost: (transferId: number, partial: PartialTransfer) => boolean): void {
    const lost: number[] = [];
    for (const [id, partial] of this.#partials) {
      if (!isLost(id, partial)) continue;
      this.#forget(id, partial);
      lost.push(id);
    }
    if (lost.length > 0) this.#options.onLost?.(lost);
  }

  #begin({ transferId, count }: ChunkHeader, nowMs: number): PartialTransfer {
    if (this.#partials.size >= this.#options.maxPartialTransfers) {
      throw MeshError.malformed(`More than ${this.#options.maxPartialTransfers} transfers are unfinished.`);
    }
    const partial: PartialTransfer = { count, chunks: new Map(), sizeBytes: 0, startedMs: nowMs, progressMs: nowMs };
    this.#partials.set(transferId, partial);
    return partial;
  }

  #forget(transferId: number, partial: PartialTransfer): void {
    this.#partials.delete(transferId);
    this.#partialBytes -= partial.sizeBytes;
  }

  #checkSize({ index, count }: ChunkHeader, payload: Uint8Array): void {
    const { chunkBytes, maxTransferBytes } = this.#options;
    const isLast = index === count - 1;
    if (payload.byteLength > chunkBytes || (!isLast && payload.byteLength !== chunkBytes)) {
      throw MeshError.malformed('A chunk has the wrong size.');
    }
    // No memory is reserved for chunks that have not arrived, so a false `count` does no harm.
    const announcedBytes = (count - 1) * chunkBytes + (isLast ? payload.byteLength : 0);
    if (announcedBytes > maxTransferBytes) throw MeshError.tooLarge('A transfer', announcedBytes, maxTransferBytes);
  }
}

function join({ chunks }: PartialTransfer): Uint8Array {
  return concatBytes([...chunks].sort(([a], [b]) => a - b).map(([, chunk]) => chunk));
}

function writeHeader(chunk: Uint8Array, { transferId, index, count }: ChunkHeader): void {
  const view = new DataView(chunk.buffer, chunk.byteOffset, CHUNK_HEADER_BYTES);
  view.setUint8(0, CHUNK_VERSION);
  view.setUint8(1, KIND_TRANSFER);
  view.setUint32(4, transferId, true);
  view.setUint32(8, index, true);
  view.setUint32(12, count, true);
}

function readHeader(chunk: Uint8Array): ChunkHeader {
  if (chunk.byteLength < CHUNK_HEADER_BYTES) throw MeshError.malformed('A chunk is shorter than its header.');
  const view = new DataView(chunk.buffer, chunk.byteOffset, CHUNK_HEADER_BYTES);
  if (view.getUint8(0) !== CHUNK_VERSION || view.getUint8(1) !== KIND_TRANSFER || view.getUint16(2) !== 0) {
    throw MeshError.malformed('A chunk has an unknown version or kind.');
  }
  const header = {
    transferId: view.getUint32(4, true),
    index: view.getUint32(8, true),
    count: view.getUint32(12, true),
  };
  if (header.count === 0 || header.index >= header.count) throw MeshError.malformed('A chunk has an invalid index.');
  return header;
}

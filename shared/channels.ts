import { TRANSFER } from './protocol-limits.ts';

/** The data channels of a link. All are negotiated with fixed ids, so neither side waits for the other to announce them. See docs/design.md, Wire. */
export type ChannelName = 'control' | 'tasks' | 'video' | 'heartbeat';

export interface ChannelSpec {
  readonly name: ChannelName;
  readonly id: number;
  readonly ordered: boolean;
  /** Retransmissions of a lost packet; absent: unlimited. */
  readonly maxRetransmits?: number;
  /** The largest transfer either side may send. */
  readonly maxTransferBytes: number;
  /** Payload bytes of one chunk. */
  readonly chunkBytes: number;
  /** Sending pauses when the browser's queue exceeds `highWaterBytes` and resumes below `lowWaterBytes`. */
  readonly highWaterBytes: number;
  readonly lowWaterBytes: number;
  /** Number of transfers whose chunks are interleaved, so that a small one can overtake a large one. */
  readonly interleavedTransfers: number;
  /** For channels that may lose chunks: an unfinished transfer is dropped after this time, ms, or when a later one begins. */
  readonly partialTransferMs?: number;
}

const KIB = 1024;

export const CHANNELS: Record<ChannelName, ChannelSpec> = {
  control: {
    name: 'control',
    id: 0,
    ordered: true,
    maxTransferBytes: TRANSFER.maxControlBytes,
    chunkBytes: 64 * KIB,
    highWaterBytes: 256 * KIB,
    lowWaterBytes: 64 * KIB,
    interleavedTransfers: 1,
  },
  // Measured on loopback: 64 KiB chunks reach 30 MB/s, 16 KiB chunks 13 MB/s. A queue of 1 MiB keeps the SCTP association busy.
  tasks: {
    name: 'tasks',
    id: 1,
    ordered: false,
    maxTransferBytes: TRANSFER.maxTransferBytes,
    chunkBytes: 64 * KIB,
    highWaterBytes: 1024 * KIB,
    lowWaterBytes: 256 * KIB,
    interleavedTransfers: 8,
  },
  // With three retransmissions, a keyframe of a hundred packets survives 2 % packet loss. Small chunks lose less with each packet.
  video: {
    name: 'video',
    id: 2,
    ordered: true,
    maxRetransmits: 3,
    // Several times a keyframe of the largest picture at the best quality.
    maxTransferBytes: 16 * 1024 * KIB,
    chunkBytes: 16 * KIB,
    highWaterBytes: 256 * KIB,
    lowWaterBytes: 32 * KIB,
    interleavedTransfers: 1,
    partialTransferMs: 500,
  },
  heartbeat: {
    name: 'heartbeat',
    id: 3,
    ordered: false,
    maxRetransmits: 0,
    maxTransferBytes: 1 * KIB,
    chunkBytes: 1 * KIB,
    highWaterBytes: 16 * KIB,
    lowWaterBytes: 4 * KIB,
    interleavedTransfers: 1,
    partialTransferMs: 500,
  },
};

import { TRANSFER } from './protocol-limits.ts';

/** The channels of a link (DESIGN §6). All negotiated with fixed ids, so neither side waits for the other to announce them. */
export type ChannelName = 'control' | 'tasks' | 'video' | 'pulse';

export interface ChannelSpec {
  readonly name: ChannelName;
  readonly id: number;
  readonly ordered: boolean;
  /** Absent: retransmitted until it arrives. */
  readonly maxRetransmits?: number;
  /** The largest transfer either side may send. */
  readonly maxTransferBytes: number;
  /** Payload bytes of one chunk. */
  readonly chunkBytes: number;
  /** Above `highWaterBytes` in the browser's own queue we stop sending; below `lowWaterBytes` we go on. */
  readonly highWaterBytes: number;
  readonly lowWaterBytes: number;
  /** Transfers whose chunks may be mixed, so that a small one overtakes a large one. */
  readonly interleavedTransfers: number;
  /** Chunks may be lost for good: an unfinished transfer is given up when a later one begins, or after this. */
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
  // 64 KiB chunks reach 30 MB/s on loopback where 16 KiB reach 13 (DESIGN §10); 1 MiB of queue keeps the association busy.
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
  // Three retransmits keep a keyframe of a hundred packets alive through 2 % loss; small chunks lose less with each packet.
  video: {
    name: 'video',
    id: 2,
    ordered: true,
    maxRetransmits: 3,
    // A keyframe of the largest picture at the best quality, several times over.
    maxTransferBytes: 16 * 1024 * KIB,
    chunkBytes: 16 * KIB,
    highWaterBytes: 256 * KIB,
    lowWaterBytes: 32 * KIB,
    interleavedTransfers: 1,
    partialTransferMs: 500,
  },
  pulse: {
    name: 'pulse',
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

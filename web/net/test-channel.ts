import type { ChannelSpec } from '../../shared/channels.ts';
import type { MeshError } from '../../shared/errors.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import type { Carried } from '../../shared/wire.ts';
import { z } from '../../shared/zod.ts';
import { FlowChannel } from './flow-channel.ts';
import { TestPort } from './test-port.ts';

export const noteSchema = z.strictObject({ kind: z.literal('note'), id: z.int() });
export type Note = z.infer<typeof noteSchema>;
export const note = (id: number, sizeBytes?: number) => ({
  message: { kind: 'note' as const, id },
  attachments: sizeBytes === undefined ? [] : [new Uint8Array(sizeBytes).fill(id)],
});

export const SPEC: ChannelSpec = {
  ...{ name: 'tasks', id: 1, ordered: false, interleavedTransfers: 4 },
  ...{ chunkBytes: 1_000, highWaterBytes: 4_000, lowWaterBytes: 1_000, maxTransferBytes: TRANSFER.maxTransferBytes },
};
export const LOSSY: ChannelSpec = {
  ...SPEC,
  ordered: true,
  interleavedTransfers: 1,
  maxRetransmits: 0,
  partialTransferMs: 100,
};

const made: FlowChannel<Note>[] = [];

/** Ends every channel that {@link end} made. */
export function closeAll(): void {
  for (const channel of made.splice(0)) channel.close();
}

/** A channel over a port of its own, and all that its owner is told. */
export function end(spec = SPEC, port = new TestPort()) {
  const heard: Carried<Note>[] = [];
  const told: (MeshError | null | 'open')[] = [];
  let lost = 0;
  const time = { nowMs: 0 };
  const channel = new FlowChannel<Note>(
    port,
    spec,
    noteSchema,
    {
      onMessage: (item) => heard.push(item),
      onOpen: () => told.push('open'),
      onClose: (error) => told.push(error),
      onLost: (count) => {
        lost += count;
      },
    },
    () => time.nowMs,
  );
  made.push(channel);
  return { channel, port, heard, told, time, lost: () => lost, ids: () => heard.map(({ message }) => message.id) };
}

/** After this turn of Node's event loop and the next few: each of them delivers the messages that were posted before it. */
export async function turn(): Promise<void> {
  for (let rounds = 0; rounds < 5; rounds++) await new Promise((resolve) => setImmediate(resolve));
}

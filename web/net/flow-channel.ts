import type { ZodType } from 'zod';
import { totalBytes } from '../../shared/bytes.ts';
import type { ChannelSpec } from '../../shared/channels.ts';
import { Reassembler, splitTransfer } from '../../shared/chunks.ts';
import { MeshError } from '../../shared/errors.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import { decodeTransfer, encodeTransfer, type MessageWithAttachments } from '../../shared/wire.ts';
import { OncePerTick } from './once-per-tick.ts';
import type { ChannelPort } from './transferable-channel.ts';

/** Bytes that may wait in the send queue of a channel before senders are refused. */
export const MAX_QUEUED_BYTES = 256 * 1024 * 1024;

export interface FlowChannelHandlers<Message> {
  onMessage(item: MessageWithAttachments<Message>): void;
  /** A chunk arrived; called before `onMessage` for the messages it completes. */
  onChunk?(): void;
  onOpen?(): void;
  /** Called once. `error` is set when malformed data arrived or the channel broke: the link must end. */
  onClose?(error: MeshError | null): void;
  /** Lossy channels: this many transfers will never be complete. */
  onLost?(count: number): void;
}

export interface FlowChannelStats {
  bytesIn: number;
  bytesOut: number;
}

interface Outgoing {
  chunks: Generator<Uint8Array<ArrayBuffer>, void, undefined>;
  remainingBytes: number;
}

/**
 * Messages over one data channel: chunked, flow-controlled by the browser's send queue, bounded in both directions and validated on
 * arrival. Messages sent in one tick of the event loop share an envelope. The chunks of several transfers are interleaved, so that a
 * small message does not wait behind a large one.
 *
 * @typeParam Message - the `kind` union of the channel, in both directions.
 */
export class FlowChannel<Message> {
  readonly stats: FlowChannelStats = { bytesIn: 0, bytesOut: 0 };
  readonly #port: ChannelPort;
  readonly #spec: ChannelSpec;
  readonly #schema: ZodType<Message>;
  readonly #handlers: FlowChannelHandlers<Message>;
  readonly #nowMs: () => number;
  readonly #reassembler: Reassembler;
  readonly #listeners = new AbortController();
  readonly #flushOncePerTick = new OncePerTick(() => this.#flush());
  #batch: MessageWithAttachments<Message>[] = [];
  #outgoing: Outgoing[] = [];
  /** Counts chunks, for the round robin over the first few transfers. */
  #chunkCount = 0;
  #queuedBytes = 0;
  #nextTransferId = 0;
  #isClosed = false;

  constructor(
    port: ChannelPort,
    spec: ChannelSpec,
    schema: ZodType<Message>,
    handlers: FlowChannelHandlers<Message>,
    nowMs: () => number,
  ) {
    this.#port = port;
    this.#spec = spec;
    this.#schema = schema;
    this.#handlers = handlers;
    this.#nowMs = nowMs;
    this.#reassembler = new Reassembler({
      chunkBytes: spec.chunkBytes,
      maxTransferBytes: spec.maxTransferBytes,
      lossy: spec.ordered && spec.partialTransferMs !== undefined,
      onLost: (ids) => handlers.onLost?.(ids.length),
    });
    port.binaryType = 'arraybuffer';
    port.bufferedAmountLowThreshold = spec.lowWaterBytes;
    const { signal } = this.#listeners;
    port.addEventListener('open', () => this.#opened(), { signal });
    port.addEventListener('bufferedamountlow', () => this.#pump(), { signal });
    port.addEventListener('message', (event) => this.#received(event.data), { signal });
    port.addEventListener('close', () => this.#end(null), { signal });
    port.addEventListener('error', () => this.#end(linkBroke()), { signal });
    if (port.readyState === 'open') queueMicrotask(() => this.#opened());
  }

  /** Bytes accepted but not yet handed to the network. */
  get queuedBytes(): number {
    return this.#queuedBytes + this.#port.bufferedAmount;
  }

  /** Transfers of which only a part has arrived. */
  get unfinishedTransfers(): number {
    return this.#reassembler.unfinished;
  }

  /** Bytes of those transfers. */
  get unfinishedBytes(): number {
    return this.#reassembler.unfinishedBytes;
  }

  /** When the one of them that has waited longest last got a chunk; infinite if there is none. */
  get stalledSinceMs(): number {
    return this.#reassembler.stalledSinceMs;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Queues a message. Throws MeshError `closed`, `too-large` or `queue-full`. */
  send(item: MessageWithAttachments<Message>): void {
    if (this.#isClosed) throw MeshError.closed('The link');
    const sizeBytes = totalBytes(item.attachments);
    if (sizeBytes > this.#spec.maxTransferBytes) {
      throw MeshError.tooLarge('A message', sizeBytes, this.#spec.maxTransferBytes);
    }
    if (this.#queuedBytes + sizeBytes > MAX_QUEUED_BYTES) {
      throw new MeshError('queue-full', 'The send queue of this link is full. Wait for results before sending more.');
    }
    this.#batch.push(item);
    this.#queuedBytes += sizeBytes;
    this.#flushOncePerTick.request();
  }

  /** Sends without waiting for the end of the tick, or not at all if more than `maxQueuedBytes` is waiting: for live frames. */
  trySendNow(item: MessageWithAttachments<Message>, maxQueuedBytes: number): boolean {
    if (this.#isClosed || this.#port.readyState !== 'open' || this.queuedBytes > maxQueuedBytes) return false;
    this.#batch.push(item);
    this.#queuedBytes += totalBytes(item.attachments);
    this.#flush();
    return true;
  }

  close(): void {
    this.#end(null);
  }

  #opened(): void {
    if (this.#isClosed) return;
    this.#handlers.onOpen?.();
    this.#pump();
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    for (const items of coalesce(batch)) {
      const parts = encodeTransfer(items);
      const transferBytes = totalBytes(parts);
      const attached = items.reduce((sum, item) => sum + totalBytes(item.attachments), 0);
      this.#queuedBytes += transferBytes - attached;
      const transferId = this.#nextTransferId;
      this.#nextTransferId = (this.#nextTransferId + 1) >>> 0;
      this.#outgoing.push({
        chunks: splitTransfer(transferId, parts, this.#spec.chunkBytes),
        remainingBytes: transferBytes,
      });
    }
    this.#pump();
  }

  /** Hands chunks to the browser until its queue is full, round robin over the first few transfers. */
  #pump(): void {
    if (this.#isClosed || this.#port.readyState !== 'open') return;
    while (this.#outgoing.length > 0 && this.#port.bufferedAmount < this.#spec.highWaterBytes) {
      const lanes = Math.min(this.#outgoing.length, this.#spec.interleavedTransfers);
      const lane = this.#chunkCount++ % lanes;
      const transfer = this.#outgoing[lane];
      const chunk = transfer?.chunks.next().value;
      if (transfer && chunk) {
        const payloadBytes = Math.min(transfer.remainingBytes, this.#spec.chunkBytes);
        transfer.remainingBytes -= payloadBytes;
        this.#queuedBytes -= payloadBytes;
        if (!this.#trySend(chunk)) return;
      }
      if (!transfer || transfer.remainingBytes <= 0) this.#outgoing.splice(lane, 1);
    }
  }

  /** Ends the channel when the browser refuses a chunk: nothing would fill the gap in its transfer. */
  #trySend(chunk: Uint8Array<ArrayBuffer>): boolean {
    try {
      this.#port.send(chunk);
      this.stats.bytesOut += chunk.byteLength;
      return true;
    } catch (cause) {
      this.#end(linkBroke({ cause }));
      return false;
    }
  }

  #received(data: unknown): void {
    if (this.#isClosed) return;
    try {
      if (!(data instanceof ArrayBuffer)) throw MeshError.malformed('Text arrived where bytes were expected.');
      this.stats.bytesIn += data.byteLength;
      const nowMs = this.#nowMs();
      if (this.#spec.partialTransferMs !== undefined) this.#reassembler.expire(nowMs - this.#spec.partialTransferMs);
      const transfer = this.#reassembler.push(new Uint8Array(data), nowMs);
      this.#handlers.onChunk?.();
      if (!transfer || this.#isClosed) return;
      for (const item of decodeTransfer(transfer, this.#schema)) {
        if (this.#isClosed) return;
        this.#handlers.onMessage(item);
      }
    } catch (cause) {
      this.#end(MeshError.from(cause, 'malformed'));
    }
  }

  #end(error: MeshError | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listeners.abort();
    this.#flushOncePerTick.dispose();
    this.#batch = [];
    this.#outgoing = [];
    this.#queuedBytes = 0;
    this.#reassembler.clear();
    this.#port.close();
    this.#handlers.onClose?.(error);
  }
}

/** Attachment bytes of one envelope. A larger message travels alone, so that others need not wait for all of it. */
const COALESCE_BYTES = 8 * 1024;
/** Attachments of one envelope: a message describes each of them with up to 16 values, and an envelope holds a bounded number of those. */
const COALESCE_ATTACHMENTS = 512;

function* coalesce<Message>(
  items: readonly MessageWithAttachments<Message>[],
): Generator<MessageWithAttachments<Message>[]> {
  let group: MessageWithAttachments<Message>[] = [];
  let groupBytes = 0;
  let attached = 0;
  for (const item of items) {
    const sizeBytes = totalBytes(item.attachments);
    const count = item.attachments.length;
    const isFull =
      groupBytes + sizeBytes > COALESCE_BYTES ||
      attached + count > COALESCE_ATTACHMENTS ||
      group.length >= TRANSFER.maxMessagesPerEnvelope;
    if (isFull && group.length > 0) {
      yield group;
      group = [];
      groupBytes = 0;
      attached = 0;
    }
    group.push(item);
    groupBytes += sizeBytes;
    attached += count;
  }
  if (group.length > 0) yield group;
}

function linkBroke(options?: ErrorOptions): MeshError {
  return new MeshError('connection-failed', 'The link to the other browser broke. It is tried again.', options);
}

import type { ChannelSpec } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import type { MeshError } from '../../shared/errors.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import type { MessageWithAttachments } from '../../shared/wire.ts';
import { z } from '../../shared/zod.ts';
import { FlowChannel } from './flow-channel.ts';
import type { ChannelPort, ChannelPortEvents } from './transferable-channel.ts';

/**
 * One end of an in-memory data channel. Its send queue empties only when the test takes chunks out, and it can fail on request.
 */
export class TestPort extends EventTarget implements ChannelPort {
  readyState: RTCDataChannelState = 'open';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType = 'blob';
  /** Largest value of `bufferedAmount` so far, bytes. */
  highestBufferedAmount = 0;
  closeCalls = 0;
  /** Thrown by the next `send`. */
  fault: Error | null = null;
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];

  /** Chunks in the send queue. */
  get waiting(): readonly Uint8Array<ArrayBuffer>[] {
    return this.#queue;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    if (this.fault) throw this.fault;
    this.#queue.push(data.slice());
    this.bufferedAmount += data.byteLength;
    this.highestBufferedAmount = Math.max(this.highestBufferedAmount, this.bufferedAmount);
  }

  close(): void {
    this.closeCalls++;
    this.readyState = 'closed';
  }

  /** Takes the oldest chunk out of the send queue, as the network would. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    const wasAbove = this.bufferedAmount > this.bufferedAmountLowThreshold;
    const chunk = this.#queue.shift();
    this.bufferedAmount -= chunk?.byteLength ?? 0;
    if (wasAbove && this.bufferedAmount <= this.bufferedAmountLowThreshold) this.fire('bufferedamountlow');
    return chunk;
  }

  /** Delivers a message to this end. */
  receive(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  fire(type: Exclude<keyof ChannelPortEvents, 'message'>): void {
    this.dispatchEvent(new Event(type));
  }

  override addEventListener<Type extends keyof ChannelPortEvents>(
    type: Type,
    listener: (event: ChannelPortEvents[Type]) => void,
    options?: { signal?: AbortSignal },
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }
}

/** Delivers everything from one end to the other, including what the sender adds meanwhile. Returns the number of chunks. */
export function deliver(from: TestPort, to: TestPort): number {
  let count = 0;
  for (let chunk = from.take(); chunk; chunk = from.take()) {
    count++;
    to.receive(chunk.buffer);
  }
  return count;
}

export interface WireSpeed {
  /** One-way latency. */
  latencyMs: number;
  bytesPerMs: number;
}

/** Both ends of a data channel under a virtual clock, with the latency and throughput of `speed`. */
export function simulatedChannel(clock: Clock, speed: WireSpeed): [SimulatedPort, SimulatedPort] {
  const [one, other] = [new SimulatedPort(clock, speed), new SimulatedPort(clock, speed)];
  one.connect(other);
  other.connect(one);
  return [one, other];
}

export class SimulatedPort extends EventTarget implements ChannelPort {
  readyState: RTCDataChannelState = 'open';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType = 'arraybuffer';
  /** Simulates a killed process: this end no longer sends or receives, and the other end is not notified. */
  isDead = false;
  readonly #clock: Clock;
  readonly #speed: WireSpeed;
  #other: SimulatedPort | null = null;
  #freeAtMs = 0;

  constructor(clock: Clock, speed: WireSpeed) {
    super();
    this.#clock = clock;
    this.#speed = speed;
  }

  connect(other: SimulatedPort): void {
    this.#other = other;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    const nowMs = this.#clock.now();
    const sizeBytes = data.byteLength;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + sizeBytes / this.#speed.bytesPerMs;
    this.bufferedAmount += sizeBytes;
    this.#clock.after(this.#freeAtMs - nowMs, () => {
      const wasAbove = this.bufferedAmount > this.bufferedAmountLowThreshold;
      this.bufferedAmount -= sizeBytes;
      if (wasAbove && this.bufferedAmount <= this.bufferedAmountLowThreshold) {
        this.dispatchEvent(new Event('bufferedamountlow'));
      }
    });
    this.#clock.after(this.#freeAtMs - nowMs + this.#speed.latencyMs, () => {
      if (!this.isDead) this.#other?.arrive(data);
    });
  }

  arrive(data: Uint8Array<ArrayBuffer>): void {
    if (this.isDead || this.readyState !== 'open') return;
    this.dispatchEvent(new MessageEvent('message', { data: data.buffer }));
  }

  close(): void {
    this.readyState = 'closed';
  }

  override addEventListener<Type extends keyof ChannelPortEvents>(
    type: Type,
    listener: (event: ChannelPortEvents[Type]) => void,
    options?: { signal?: AbortSignal },
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }
}

export const noteSchema = z.strictObject({ kind: z.literal('note'), id: z.int() });
export type Note = z.infer<typeof noteSchema>;
export const note = (id: number, sizeBytes?: number) => ({
  message: { kind: 'note' as const, id },
  attachments: sizeBytes === undefined ? [] : [new Uint8Array(sizeBytes).fill(id)],
});

export const SPEC: ChannelSpec = {
  name: 'tasks',
  id: 1,
  ordered: false,
  interleavedTransfers: 4,
  chunkBytes: 1_000,
  highWaterBytes: 4_000,
  lowWaterBytes: 1_000,
  maxTransferBytes: TRANSFER.maxTransferBytes,
};
export const LOSSY: ChannelSpec = {
  ...SPEC,
  ordered: true,
  interleavedTransfers: 1,
  maxRetransmits: 0,
  partialTransferMs: 100,
};

const made: FlowChannel<Note>[] = [];

/** Closes every channel that {@link end} created. */
export function closeAll(): void {
  for (const channel of made.splice(0)) channel.close();
}

/** A channel over its own port, with a record of everything its handlers receive. */
export function end(spec = SPEC, port = new TestPort()) {
  const heard: MessageWithAttachments<Note>[] = [];
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

/** Waits for a few ticks of Node's event loop; each one delivers the messages posted before it. */
export async function ticks(): Promise<void> {
  for (let rounds = 0; rounds < 5; rounds++) await new Promise((resolve) => setImmediate(resolve));
}

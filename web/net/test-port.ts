import type { ChannelPort, ChannelPortEvents } from './channel-port.ts';

/**
 * One end of a data channel in memory: a bounded send queue that empties only when the test says so, and the faults a test wants.
 */
export class TestPort extends EventTarget implements ChannelPort {
  readyState: RTCDataChannelState = 'open';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType = 'blob';
  /** The most that was ever waiting, bytes. */
  highestBufferedAmount = 0;
  closeCalls = 0;
  /** Thrown by the next `send`. */
  fault: Error | null = null;
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];

  /** Chunks that wait to be delivered. */
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

  /** Something arrives. */
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

/** Delivers all that waits from one end to the other, and what that makes room for. Returns the number of chunks. */
export function deliver(from: TestPort, to: TestPort): number {
  let count = 0;
  for (let chunk = from.take(); chunk; chunk = from.take()) {
    count++;
    to.receive(chunk.buffer);
  }
  return count;
}

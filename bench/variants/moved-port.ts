import type { ChannelPort, ChannelPortEvents } from '../../web/net/transferable-channel.ts';

/**
 * Replaces `web/net/transferable-channel.ts`: frames go from worker to worker over a MessagePort. Their own channel stays on the page and
 * carries nothing; the other channels move as they always do.
 */
export type TransferableChannel = RTCDataChannel | MessagePort;

export function makeTransferable(channel: RTCDataChannel): TransferableChannel {
  return channel.label === 'video' ? portToOtherPage() : channel;
}

export function adoptChannel(moved: TransferableChannel): ChannelPort {
  return moved instanceof MessagePort ? new PortChannel(moved) : moved;
}

/** Pages cannot send each other a port, but each can send one to a worker that both share. */
function portToOtherPage(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  new SharedWorker('/bench/port-broker.js').port.postMessage(null, [port1]);
  return port2;
}

/** A port with the interface of a channel. It sends everything at once, so nothing is ever buffered. */
class PortChannel extends EventTarget implements ChannelPort {
  binaryType = 'arraybuffer';
  bufferedAmountLowThreshold = 0;
  readonly bufferedAmount = 0;
  readonly #broker: MessagePort;
  #other: MessagePort | null = null;
  #readyState: RTCDataChannelState = 'connecting';

  constructor(broker: MessagePort) {
    super();
    this.#broker = broker;
    broker.onmessage = ({ ports: [other] }) => {
      if (other) this.#opened(other);
    };
  }

  get readyState(): RTCDataChannelState {
    return this.#readyState;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    const isWhole = data.byteLength === data.buffer.byteLength;
    const buffer = isWhole ? data.buffer : data.slice().buffer;
    this.#other?.postMessage(buffer, [buffer]);
  }

  close(): void {
    if (this.#readyState === 'closed') return;
    this.#readyState = 'closed';
    // Closing a port does not notify its other end.
    this.#other?.postMessage(null);
    this.#other?.close();
    this.#broker.close();
  }

  override addEventListener<Type extends keyof ChannelPortEvents>(
    type: Type,
    listener: (event: ChannelPortEvents[Type]) => void,
    options?: { signal?: AbortSignal },
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }

  #opened(other: MessagePort): void {
    if (this.#readyState === 'closed') return;
    this.#other = other;
    this.#readyState = 'open';
    other.onmessage = ({ data }: MessageEvent<ArrayBuffer | null>) => {
      if (data) this.dispatchEvent(new MessageEvent('message', { data }));
      else this.#closed();
    };
    this.dispatchEvent(new Event('open'));
  }

  #closed(): void {
    this.#readyState = 'closed';
    this.dispatchEvent(new Event('close'));
  }
}

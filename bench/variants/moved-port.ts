import type { ChannelPort, ChannelPortEvents } from '../../web/net/transferable-channel.ts';

/**
 * Stands in for `web/net/transferable-channel.ts`: frames go from worker to worker over a MessagePort, what is beneath them and above them
 * is as it was. The channel itself stays on the page and carries nothing; the other channels move as ever.
 */
export type TransferableChannel = RTCDataChannel | MessagePort;

export function makeTransferable(channel: RTCDataChannel): TransferableChannel {
  return channel.label === 'video' ? portToOtherPage() : channel;
}

export function adoptChannel(moved: TransferableChannel): ChannelPort {
  return moved instanceof MessagePort ? new PortChannel(moved) : moved;
}

/** Pages cannot hand each other a port, but each can hand one to a worker that both share. */
function portToOtherPage(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  new SharedWorker('/bench/port-broker.mjs').port.postMessage(null, [port1]);
  return port2;
}

/** A port that looks like a channel. It takes everything at once, so nothing ever waits to be sent. */
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
    // A port that closes tells its other end nothing.
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

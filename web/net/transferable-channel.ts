/** The events of an {@link ChannelPort}. */
export interface ChannelPortEvents {
  open: Event;
  close: Event;
  error: Event;
  bufferedamountlow: Event;
  message: MessageEvent<unknown>;
}

/** What a {@link FlowChannel} needs of an RTCDataChannel; the forwarder gives the same where channels cannot be transferred. */
export interface ChannelPort {
  readonly readyState: RTCDataChannelState;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener<Type extends keyof ChannelPortEvents>(
    type: Type,
    listener: (event: ChannelPortEvents[Type]) => void,
    options?: { signal?: AbortSignal },
  ): void;
}

/** A data channel on its way to a worker: itself, or, where a browser cannot transfer one, a port to its forwarder. */
export type TransferableChannel = RTCDataChannel | MessagePort;

/** Asked once: Chromium and Safari transfer data channels, Firefox does not. */
let canTransfer: boolean | undefined;

function canTransferChannels(): boolean {
  canTransfer ??= tryTransfer();
  return canTransfer;
}

function tryTransfer(): boolean {
  const connection = new RTCPeerConnection();
  const { port1, port2 } = new MessageChannel();
  try {
    const channel = connection.createDataChannel('probe');
    port1.postMessage(channel, [channel]);
    return true;
  } catch {
    // The question was whether it throws.
    return false;
  } finally {
    port1.close();
    port2.close();
    connection.close();
  }
}

/**
 * Readies a channel for `postMessage(moved, [moved])`. Must be called, and the message posted, in the same task that created the
 * channel: a browser refuses to transfer it later.
 */
export function makeTransferable(channel: RTCDataChannel, canMove = canTransferChannels()): TransferableChannel {
  if (canMove) return channel;
  const { port1, port2 } = new MessageChannel();
  forwardChannel(channel, port1);
  return port2;
}

/** The worker's end of {@link makeTransferable}; call it in the message's own handler, before anything can arrive. */
export function adoptChannel(moved: TransferableChannel): ChannelPort {
  return moved instanceof MessagePort ? new ForwardedPort(moved) : moved;
}

/**
 * Where a browser cannot transfer a data channel to a worker, the page forwards: bytes move as transferred buffers, and the
 * browser's send queue is reported back so that flow control works as on the channel itself.
 */
type ToWorker =
  | { kind: 'state'; readyState: RTCDataChannelState }
  | { kind: 'message'; data: ArrayBuffer | string }
  | { kind: 'error' }
  /** The page has handed `sentBytes` in all to the channel, which holds `bufferedAmount` of them. */
  | { kind: 'buffered'; sentBytes: number; bufferedAmount: number };

type ToPage = { kind: 'send'; data: ArrayBuffer } | { kind: 'threshold'; bytes: number } | { kind: 'close' };

/** Page's end: carries everything between a channel and a port until either closes. */
export function forwardChannel(channel: ChannelPort, port: MessagePort): void {
  let sentBytes = 0;
  const tell = (message: ToWorker, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  const tellBuffered = () => tell({ kind: 'buffered', sentBytes, bufferedAmount: channel.bufferedAmount });

  channel.binaryType = 'arraybuffer';
  channel.addEventListener('open', () => tell({ kind: 'state', readyState: 'open' }));
  channel.addEventListener('error', () => tell({ kind: 'error' }));
  channel.addEventListener('bufferedamountlow', tellBuffered);
  const end = () => {
    tell({ kind: 'state', readyState: 'closed' });
    port.close();
  };
  const close = () => {
    channel.close();
    // One that has closed already, as with its connection, fires no event any more.
    if (channel.readyState === 'closed') end();
  };
  const send = (data: ArrayBuffer) => {
    sentBytes += data.byteLength;
    try {
      channel.send(new Uint8Array(data));
      tellBuffered();
    } catch {
      // What is an error event where channels move: the transfer has a hole, and the worker ends the channel saying so.
      tell({ kind: 'error' });
      close();
    }
  };
  channel.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') tell({ kind: 'message', data });
    else if (data instanceof ArrayBuffer) tell({ kind: 'message', data }, [data]);
  });
  channel.addEventListener('close', end);
  port.onmessage = ({ data }: MessageEvent<ToPage>) => {
    if (data.kind === 'close') close();
    else if (data.kind === 'threshold') channel.bufferedAmountLowThreshold = data.bytes;
    else if (channel.readyState === 'open') send(data.data);
  };
  tell({ kind: 'state', readyState: channel.readyState });
}

/** Worker's end: looks like the channel. */
export class ForwardedPort extends EventTarget implements ChannelPort {
  binaryType = 'arraybuffer';
  readonly #port: MessagePort;
  #readyState: RTCDataChannelState = 'connecting';
  #lowThresholdBytes = 0;
  #sentBytes = 0;
  /** Sent from here and, at the page's last word, not yet handed over or still in the channel's queue. */
  #reportedSentBytes = 0;
  #reportedBufferedBytes = 0;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ToWorker>) => this.#told(data);
  }

  get readyState(): RTCDataChannelState {
    return this.#readyState;
  }

  get bufferedAmount(): number {
    return this.#sentBytes - this.#reportedSentBytes + this.#reportedBufferedBytes;
  }

  get bufferedAmountLowThreshold(): number {
    return this.#lowThresholdBytes;
  }

  set bufferedAmountLowThreshold(bytes: number) {
    this.#lowThresholdBytes = bytes;
    this.#post({ kind: 'threshold', bytes });
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    const isWhole = data.byteLength === data.buffer.byteLength;
    const buffer = isWhole ? data.buffer : data.slice().buffer;
    this.#sentBytes += buffer.byteLength;
    this.#post({ kind: 'send', data: buffer }, [buffer]);
  }

  close(): void {
    if (this.#readyState === 'closed') return;
    this.#readyState = 'closed';
    this.#post({ kind: 'close' });
  }

  override addEventListener<Type extends keyof ChannelPortEvents>(
    type: Type,
    listener: (event: ChannelPortEvents[Type]) => void,
    options?: { signal?: AbortSignal },
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }

  #post(message: ToPage, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  #told(message: ToWorker): void {
    if (message.kind === 'message') this.dispatchEvent(new MessageEvent('message', { data: message.data }));
    else if (message.kind === 'error') this.dispatchEvent(new Event('error'));
    else if (message.kind === 'buffered') this.#buffered(message.sentBytes, message.bufferedAmount);
    else this.#stateChanged(message.readyState);
  }

  #stateChanged(readyState: RTCDataChannelState): void {
    if (this.#readyState === readyState) return;
    this.#readyState = readyState;
    if (readyState === 'open') this.dispatchEvent(new Event('open'));
    if (readyState === 'closed') {
      this.dispatchEvent(new Event('close'));
      this.#port.close();
    }
  }

  #buffered(sentBytes: number, bufferedBytes: number): void {
    const wasAbove = this.bufferedAmount > this.#lowThresholdBytes;
    this.#reportedSentBytes = sentBytes;
    this.#reportedBufferedBytes = bufferedBytes;
    if (wasAbove && this.bufferedAmount <= this.#lowThresholdBytes) this.dispatchEvent(new Event('bufferedamountlow'));
  }
}

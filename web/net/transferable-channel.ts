/** The events of a {@link ChannelPort}. */
export interface ChannelPortEvents {
  open: Event;
  close: Event;
  error: Event;
  bufferedamountlow: Event;
  message: MessageEvent<unknown>;
}

/** The members of an RTCDataChannel that a {@link FlowChannel} uses; {@link ForwardedPort} has them as well. */
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

/** A data channel that can be posted to a worker: the channel itself or, where a browser cannot transfer it, a port to its forwarder. */
export type TransferableChannel = RTCDataChannel | MessagePort;

/** Result of the feature test, which runs once: current Chromium, Firefox and Safari transfer data channels, older ones do not. */
let isTransferSupported: boolean | undefined;

function canTransferChannels(): boolean {
  isTransferSupported ??= tryTransfer();
  return isTransferSupported;
}

function tryTransfer(): boolean {
  const connection = new RTCPeerConnection();
  const { port1, port2 } = new MessageChannel();
  try {
    const channel = connection.createDataChannel('probe');
    port1.postMessage(channel, [channel]);
    return true;
  } catch {
    // Throwing is the negative answer.
    return false;
  } finally {
    port1.close();
    port2.close();
    connection.close();
  }
}

/**
 * Prepares a channel for `postMessage(channel, [channel])`. Call it, and post the message, in the task that created the channel: a
 * browser refuses to transfer it later.
 */
export function makeTransferable(channel: RTCDataChannel, canTransfer = canTransferChannels()): TransferableChannel {
  if (canTransfer) return channel;
  const { port1, port2 } = new MessageChannel();
  forwardChannel(channel, port1);
  return port2;
}

/** The worker's end of {@link makeTransferable}. Call it in the handler of the message, before anything can arrive on the channel. */
export function adoptChannel(channel: TransferableChannel): ChannelPort {
  return channel instanceof MessagePort ? new ForwardedPort(channel) : channel;
}

/**
 * Messages of the forwarder, which stands in where a browser cannot transfer a data channel: the page passes bytes on as transferred
 * buffers, and reports the length of the browser's send queue so that flow control works as on the channel itself.
 */
type ToWorker =
  | { kind: 'state'; readyState: RTCDataChannelState }
  | { kind: 'message'; data: ArrayBuffer | string }
  | { kind: 'error' }
  /** The page has passed `sentBytes` in total to the channel, `bufferedAmount` of which are still queued. */
  | { kind: 'buffered'; sentBytes: number; bufferedAmount: number };

type ToPage = { kind: 'send'; data: ArrayBuffer } | { kind: 'threshold'; bytes: number } | { kind: 'close' };

/** The page's end of a forwarder: passes everything between a channel and a port until either closes. */
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
    // A channel that has already closed, for example with its connection, fires no further event.
    if (channel.readyState === 'closed') end();
  };
  const send = (data: ArrayBuffer) => {
    sentBytes += data.byteLength;
    try {
      channel.send(new Uint8Array(data));
      tellBuffered();
    } catch {
      // Corresponds to the error event of a transferred channel: the transfer has a gap, so the worker ends the channel.
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

/** The worker's end of a forwarder: behaves like the channel. */
export class ForwardedPort extends EventTarget implements ChannelPort {
  binaryType = 'arraybuffer';
  readonly #port: MessagePort;
  #readyState: RTCDataChannelState = 'connecting';
  #lowThresholdBytes = 0;
  #sentBytes = 0;
  /** Values of the page's latest report. */
  #reportedSentBytes = 0;
  #reportedBufferedBytes = 0;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ToWorker>) => this.#handle(data);
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

  #handle(message: ToWorker): void {
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

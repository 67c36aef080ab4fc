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

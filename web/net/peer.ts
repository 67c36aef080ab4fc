import SimplePeer from 'simple-peer';
import { CHANNELS, type ChannelName } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { PeerSignal } from '../../shared/signaling.ts';
import { type IcePath, icePathOf } from './connection-outcome.ts';

/** Time for a connection to open, ms. ICE takes under 200 ms on a LAN and a second or two through TURN; later it will not succeed. */
export const CONNECT_TIMEOUT_MS = 15_000;
/** How long ICE may stay `disconnected`, ms. It often recovers by itself: networks change and laptops wake up. */
const DISCONNECTED_GRACE_MS = 5_000;
/** Polling interval of a send queue without a `bufferedamountlow` event, ms: 1 MiB every 5 ms is more than most networks carry. */
export const BUFFER_POLL_MS = 5;

export interface PeerOptions {
  /** The gamer's side makes the offer. */
  initiate: boolean;
  iceServers: RTCIceServer[];
  /** Hides addresses: everything goes through TURN. */
  relayOnly: boolean;
  /** A WebRTC implementation, where the platform has none (Node). */
  wrtc?: SimplePeer.Options['wrtc'];
  clock: Clock;
}

/** Whom a connection is for. */
export interface PeerOwner {
  onSignal(signal: PeerSignal): void;
  onConnect(): void;
  /** One message of the control channel; text, which is never sent here, as it came. */
  onMessage(data: Uint8Array | string): void;
  /** Called once; `error` is null when either side closed on purpose. */
  onClose(error: MeshError | null): void;
}

/** What simple-peer calls it when no pair of addresses worked. */
const NO_ROUTE_CODES = new Set<unknown>(['ERR_ICE_CONNECTION_FAILURE', 'ERR_CONNECTION_FAILURE']);

type Statistics = { id: string; type: string; selected: boolean };

/** simple-peer keeps its connection private; the further channels of a link need it (FIELD, simple-peer). */
type PeerInternals = SimplePeer.Instance & {
  readonly _pc: RTCPeerConnection | null | undefined;
  readonly _channel: RTCDataChannel | null | undefined;
  getStats: (callback: (error: null, statistics: Statistics[]) => void) => void;
};

/** What satisfies simple-peer: without a chosen pair of candidates it asks again every 100 ms. */
const NO_STATISTICS: Statistics[] = [{ id: '', type: 'candidate-pair', selected: true }];

/** Throws MeshError `unsupported-browser` where links cannot be made. */
export function requireWebRtc(wrtc: PeerOptions['wrtc']): void {
  if (wrtc !== undefined || typeof RTCPeerConnection === 'function') return;
  throw new MeshError(
    'unsupported-browser',
    'This browser has no WebRTC, which links it to others. Use a current Chrome, Edge, Firefox or Safari, and see that no extension blocks WebRTC.',
  );
}

/**
 * One WebRTC connection. It may be made, its offer included, before it is known to whom it leads; nothing is heard of it until
 * {@link begin}. The only file that knows simple-peer.
 */
export class Peer {
  readonly #peer: PeerInternals;
  readonly #clock: Clock;
  #owner: PeerOwner | null = null;
  #hasEarlyOffer = false;
  #cancelConnectTimeout: () => void = () => {};
  #cancelGrace: (() => void) | undefined;
  #closed = false;
  #hasNoRoute = false;

  constructor({ initiate, iceServers, relayOnly, wrtc, clock }: PeerOptions) {
    this.#clock = clock;
    const control = CHANNELS.control;
    this.#peer = new SimplePeer({
      initiator: initiate,
      channelName: control.name,
      channelConfig: { negotiated: true, id: control.id, ordered: control.ordered },
      // simple-peer's default names public STUN servers: the list is always ours.
      config: { iceServers, iceTransportPolicy: relayOnly ? 'relay' : 'all' },
      objectMode: true,
      ...(wrtc && { wrtc }),
    }) as PeerInternals;
    // Before its `connect`, simple-peer reads the browser's statistics for addresses that nobody here wants: 10 ms of the threads
    // that carry the first message. We hear of the connection from the channel itself.
    this.#peer.getStats = (callback) => callback(null, NO_STATISTICS);

    // `error` first: without a listener, simple-peer loses `close` on some remote endings.
    this.#peer.on('error', (cause: Error & { code?: unknown }) => {
      this.#hasNoRoute = NO_ROUTE_CODES.has(cause.code);
      this.#end(connectionFailed(cause));
    });
    this.#peer.on('close', () => this.#end(null));
    this.#peer.on('signal', (signal) => this.#signalled(signal as PeerSignal));
    this.#peer.on('data', (data: Uint8Array | string) => {
      if (!this.#closed) this.#owner?.onMessage(data);
    });
    this.#peer._channel?.addEventListener('open', () => this.#opened());
    this.#peer.on('iceStateChange', (state: RTCIceConnectionState) => this.#iceChanged(state));
  }

  /** It failed or was destroyed: there is nothing to begin. */
  get closed(): boolean {
    return this.#closed;
  }

  /** It ended since no way through the networks was found. */
  get hasNoRoute(): boolean {
    return this.#hasNoRoute;
  }

  /** The other side is known, and has this long to connect. */
  begin(owner: PeerOwner): void {
    this.#owner = owner;
    this.#cancelConnectTimeout = this.#clock.after(CONNECT_TIMEOUT_MS, () => {
      this.#hasNoRoute = true;
      this.#end(connectionFailed('no route in time'));
    });
    // As it is now it names the addresses found since it was made: none of them takes a signal of its own.
    const offer = this.#hasEarlyOffer ? this.#peer._pc?.localDescription : null;
    if (offer) owner.onSignal({ type: 'offer', sdp: offer.sdp });
  }

  /** Throws MeshError `connection-failed` when the connection could not be made at all, as with malformed ICE servers. */
  createChannel(name: Exclude<ChannelName, 'control'>): RTCDataChannel {
    const { id, ordered, maxRetransmits } = CHANNELS[name];
    const connection = this.#peer._pc;
    if (!connection) throw connectionFailed('the browser refuses the settings, which may be wrong ICE servers');
    const channel = connection.createDataChannel(name, {
      negotiated: true,
      id,
      ordered,
      ...(maxRetransmits !== undefined && { maxRetransmits }),
    });
    return 'onbufferedamountlow' in channel ? channel : withLowWater(channel, this.#clock);
  }

  /** Takes a validated signal of the other side. */
  signal(signal: PeerSignal): void {
    if (!this.#closed) this.#peer.signal(signal as SimplePeer.SignalData);
  }

  /** Dropped when there is no connection; one that refuses it is over. */
  send(bytes: Uint8Array): void {
    if (this.#closed || this.#peer._channel?.readyState !== 'open') return;
    try {
      this.#peer.send(bytes);
    } catch (cause) {
      // The channel closes before simple-peer hears of it.
      this.#end(connectionFailed(cause));
    }
  }

  /** Which way the bytes go; null before it is connected, and where the browser does not say. */
  async path(): Promise<IcePath | null> {
    const connection = this.#peer._pc;
    return connection && !this.#closed ? icePathOf(await connection.getStats()) : null;
  }

  destroy(): void {
    this.#end(null);
  }

  #opened(): void {
    if (this.#closed) return;
    this.#cancelConnectTimeout();
    this.#owner?.onConnect();
  }

  #signalled(signal: PeerSignal): void {
    if (this.#owner) this.#owner.onSignal(signal);
    else this.#hasEarlyOffer ||= signal.type === 'offer';
  }

  /** `disconnected` often heals; simple-peer itself acts on `failed` only. */
  #iceChanged(state: RTCIceConnectionState): void {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
    if (state !== 'disconnected' || this.#closed) return;
    this.#cancelGrace = this.#clock.after(DISCONNECTED_GRACE_MS, () =>
      this.#end(connectionFailed('the other side fell silent')),
    );
  }

  #end(error: MeshError | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelConnectTimeout();
    this.#cancelGrace?.();
    this.#peer.destroy();
    this.#owner?.onClose(error);
  }
}

function connectionFailed(cause: unknown): MeshError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new MeshError(
    'connection-failed',
    `The connection between the two browsers failed (${detail}). It is tried again a few times; then reload both pages.`,
    { cause },
  );
}

/** What of a data channel is needed here. */
export type LowWaterChannel = Pick<
  RTCDataChannel,
  'bufferedAmount' | 'bufferedAmountLowThreshold' | 'readyState' | 'dispatchEvent'
> & { send(data: ArrayBuffer | ArrayBufferView): void };

/**
 * Makes a channel tell `bufferedamountlow` that does not by itself, as those of WebRTC for Node (@roamhq/wrtc 0.10) do not: looks at
 * its send queue while there is something in it. Returns the same channel.
 */
export function withLowWater<Channel extends LowWaterChannel>(channel: Channel, clock: Clock): Channel {
  const send = channel.send.bind(channel);
  let isWatched = false;
  const look = () => {
    isWatched = channel.readyState === 'open' && channel.bufferedAmount > channel.bufferedAmountLowThreshold;
    if (isWatched) clock.after(BUFFER_POLL_MS, look);
    else if (channel.readyState === 'open') channel.dispatchEvent(new Event('bufferedamountlow'));
  };
  channel.send = (data: ArrayBuffer | ArrayBufferView) => {
    send(data);
    if (isWatched) return;
    isWatched = channel.bufferedAmount > channel.bufferedAmountLowThreshold;
    if (isWatched) clock.after(BUFFER_POLL_MS, look);
  };
  return channel;
}

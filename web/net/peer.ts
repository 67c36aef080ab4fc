import SimplePeer from 'simple-peer';
import { CHANNELS, type ChannelName } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { logger } from '../../shared/log.ts';
import type { PeerSignal } from '../../shared/signaling.ts';
import { type IceRoute, iceRouteOf, isRelayFull } from './connection-outcome.ts';

const log = logger('net.ice');

/** Time for the first connection of two browsers to open, ms. ICE takes under 200 ms on a LAN and a second or two through TURN; later it will not succeed. */
export const CONNECT_TIMEOUT_MS = 15_000;
/** How long ICE may stay `disconnected`, ms. It often recovers by itself: networks change and laptops wake up. */
const DISCONNECTED_GRACE_MS = 5_000;
/** Polling interval of a send queue without a `bufferedamountlow` event, ms: 1 MiB every 5 ms is more than most networks carry. */
export const BUFFER_POLL_MS = 5;

export interface PeerOptions {
  /** The gamer's side makes the offer. */
  initiate: boolean;
  iceServers: RTCIceServer[];
  /** Sends everything through TURN, which hides the addresses of both sides. */
  relayOnly: boolean;
  /** A WebRTC implementation for platforms without one (Node). */
  wrtc?: SimplePeer.Options['wrtc'];
  clock: Clock;
}

/** Callbacks of the link that a connection belongs to. */
export interface PeerOwner {
  onSignal(signal: PeerSignal): void;
  onConnect(): void;
  /** One message on the control channel; text, which this version never sends, is passed on unchanged. */
  onMessage(data: Uint8Array | string): void;
  /** The other side opened a channel, or sends sound or a picture. All channels are known beforehand: nobody would read or count these. */
  onForeignChannel?(): void;
  /** Called once; `error` is null if either side closed on purpose. */
  onClose(error: MeshError | null): void;
}

/** Error codes of simple-peer for a connection without a working candidate pair. */
const NO_ROUTE_CODES = new Set<unknown>(['ERR_ICE_CONNECTION_FAILURE', 'ERR_CONNECTION_FAILURE']);

type Statistics = { id: string; type: string; selected: boolean };

/** Private members of simple-peer (version 9): the other channels of a link are created on its connection. */
type PeerInternals = SimplePeer.Instance & {
  readonly _pc: RTCPeerConnection | null | undefined;
  readonly _channel: RTCDataChannel | null | undefined;
  negotiate(): void;
  getStats: (callback: (error: null, statistics: Statistics[]) => void) => void;
};

/** Statistics that satisfy simple-peer: without a selected candidate pair, it asks again every 100 ms. */
const NO_STATISTICS: Statistics[] = [{ id: '', type: 'candidate-pair', selected: true }];

export function hasWebRtc(wrtc: PeerOptions['wrtc']): boolean {
  return wrtc !== undefined || typeof RTCPeerConnection === 'function';
}

/** Throws MeshError `unsupported-browser` if the platform has no WebRTC. */
export function requireWebRtc(wrtc: PeerOptions['wrtc']): void {
  if (hasWebRtc(wrtc)) return;
  throw noWebRtc();
}

/** MeshError `unsupported-browser`. */
export function noWebRtc(): MeshError {
  return new MeshError(
    'unsupported-browser',
    'This browser has no WebRTC (RTCPeerConnection), which links it to others. Chrome 56, Edge 79, Firefox 44 and Safari 11 have it: see that no setting or extension blocks it.',
  );
}

/**
 * One WebRTC connection. It may be created, including its offer, before the other side is known; it makes no callbacks until
 * {@link begin}. This is the only file that imports simple-peer.
 */
export class Peer {
  /** The description that it offers, as soon as there is one; null when it ended before. */
  readonly description: Promise<string | null>;
  readonly #peer: PeerInternals;
  readonly #clock: Clock;
  #owner: PeerOwner | null = null;
  /** Signals made before the other side was known. */
  #early: PeerSignal[] = [];
  /** Whether its next offer is one that the other side has. */
  #isOffered = false;
  #cancelConnectTimeout: () => void = () => {};
  #cancelGrace: (() => void) | undefined;
  #isClosed = false;
  #isDisconnected = false;
  #hasNoRoute = false;
  #isRelayFull = false;

  constructor({ initiate, iceServers, relayOnly, wrtc, clock }: PeerOptions) {
    this.#clock = clock;
    let described: (sdp: string | null) => void = () => {};
    this.description = new Promise((resolve) => {
      described = resolve;
    });
    const control = CHANNELS.control;
    this.#peer = new SimplePeer({
      initiator: initiate,
      channelName: control.name,
      channelConfig: { negotiated: true, id: control.id, ordered: control.ordered },
      // simple-peer's default names public STUN servers: the list is always ours.
      config: { iceServers, iceTransportPolicy: relayOnly ? 'relay' : 'all' },
      objectMode: true,
      // It changes nothing: this is where simple-peer has the description first, before candidates are gathered.
      sdpTransform: (sdp) => {
        described(sdp);
        return sdp;
      },
      ...(wrtc && { wrtc }),
    }) as PeerInternals;
    // Before it emits `connect`, simple-peer reads the browser's statistics for addresses, which nobody uses here. That costs 10 ms on
    // the threads that carry the first message. The channel itself tells us when the connection is open.
    this.#peer.getStats = (callback) => callback(null, NO_STATISTICS);

    // Without an `error` listener, simple-peer does not emit `close` in some cases where the other side ends.
    this.#peer.on('error', (cause: Error & { code?: unknown }) => {
      this.#hasNoRoute = NO_ROUTE_CODES.has(cause.code);
      this.#end(connectionFailed(cause));
    });
    this.#peer.on('close', () => this.#end(null));
    this.#peer.on('close', () => described(null));
    this.#peer.on('signal', (signal) => this.#signalled(signal as PeerSignal));
    this.#peer.on('data', (data: Uint8Array | string) => {
      if (!this.#isClosed) this.#owner?.onMessage(data);
    });
    this.#peer._channel?.addEventListener('open', () => this.#opened());
    for (const event of ['datachannel', 'track']) {
      this.#peer._pc?.addEventListener(event, () => this.#owner?.onForeignChannel?.());
    }
    this.#peer._pc?.addEventListener('icecandidateerror', (error) => {
      this.#isRelayFull ||= isRelayFull(error);
    });
    this.#peer.on('iceStateChange', (state: RTCIceConnectionState) => this.#iceChanged(state));
  }

  /** Whether ICE has lost its path. It may find it, or another one, again. */
  get isDisconnected(): boolean {
    return this.#isDisconnected;
  }

  /** Whether it failed or was destroyed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether it ended because no path between the two browsers was found. */
  get hasNoRoute(): boolean {
    return this.#hasNoRoute;
  }

  /** Whether a relay answered that it has no address left for us. */
  get isRelayFull(): boolean {
    return this.#isRelayFull;
  }

  /** To be called before {@link begin} when the other side was sent {@link description} already. */
  wasOffered(): void {
    this.#isOffered = true;
  }

  /** Starts signaling: the other side is known, and has so long to connect. */
  begin(owner: PeerOwner, timeoutMs: number = CONNECT_TIMEOUT_MS): void {
    this.#owner = owner;
    this.#cancelConnectTimeout = this.#clock.after(timeoutMs, () => {
      this.#hasNoRoute = true;
      this.#end(connectionFailed('no route in time'));
    });
    const early = this.#early.splice(0);
    if (this.#isOffered) {
      for (const signal of early) this.#signalled(signal);
      return;
    }
    // The present description includes the candidates gathered since the offer: they need no signals of their own.
    const offer = early.some(({ type }) => type === 'offer') ? this.#peer._pc?.localDescription : null;
    if (offer) owner.onSignal({ type: 'offer', sdp: offer.sdp });
  }

  /** Throws MeshError `connection-failed` if the connection could not be created at all, for example with malformed ICE servers. */
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
    return withLowWater(channel, this.#clock);
  }

  /** Applies a validated signal of the other side. */
  signal(signal: PeerSignal): void {
    if (!this.#isClosed) this.#peer.signal(signal as SimplePeer.SignalData);
  }

  /** Applies from the next offer or answer on. */
  setIceServers(iceServers: RTCIceServer[]): void {
    const connection = this.#peer._pc;
    if (!connection || this.#isClosed) return;
    try {
      connection.setConfiguration({ ...connection.getConfiguration(), iceServers });
    } catch (cause) {
      this.#end(connectionFailed(cause));
    }
  }

  /** Offers the other side new paths (RFC 8445, section 2.4), over which the channels go on. Only where this side made the first offer. */
  restartIce(iceServers: RTCIceServer[]): void {
    const connection = this.#peer._pc;
    // A connection of Node's WebRTC may lack the method: it is replaced instead.
    if (this.#isClosed || typeof connection?.restartIce !== 'function') return;
    this.setIceServers(iceServers);
    if (this.#isClosed) return;
    connection.restartIce();
    this.#peer.negotiate();
  }

  /** Sends on the control channel. Without a connection the message is dropped; a connection that refuses it ends. */
  send(bytes: Uint8Array): void {
    if (this.#isClosed || this.#peer._channel?.readyState !== 'open') return;
    try {
      this.#peer.send(bytes);
    } catch (cause) {
      // The channel closes before simple-peer is notified.
      this.#end(connectionFailed(cause));
    }
  }

  /** The route in use; null before the connection is open, and in browsers that do not report it. */
  async route(): Promise<IceRoute | null> {
    const connection = this.#peer._pc;
    return connection && !this.#isClosed ? iceRouteOf(await connection.getStats()) : null;
  }

  destroy(): void {
    this.#end(null);
  }

  #opened(): void {
    if (this.#isClosed) return;
    this.#cancelConnectTimeout();
    this.#owner?.onConnect();
  }

  #signalled(signal: PeerSignal): void {
    if (!this.#owner) this.#early.push(signal);
    else if (signal.type !== 'offer' || !this.#isOffered) this.#owner.onSignal(signal);
    else this.#isOffered = false;
  }

  /** `disconnected` often recovers; simple-peer itself only acts on `failed`. */
  #iceChanged(state: RTCIceConnectionState): void {
    log.debug('state', { state });
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
    this.#isDisconnected = state === 'disconnected';
    if (!this.#isDisconnected || this.#isClosed) return;
    this.#cancelGrace = this.#clock.after(DISCONNECTED_GRACE_MS, () =>
      this.#end(connectionFailed('the other side no longer answers')),
    );
  }

  #end(error: MeshError | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
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
    `The connection between the two browsers failed (${detail}). It is tried again.`,
    { cause },
  );
}

/** The members of a data channel used by {@link withLowWater}. */
export type LowWaterChannel = Pick<
  RTCDataChannel,
  'bufferedAmount' | 'bufferedAmountLowThreshold' | 'readyState' | 'dispatchEvent'
> & { send(data: ArrayBuffer | ArrayBufferView): void };

/**
 * Adds the `bufferedamountlow` event to a channel that lacks it, such as those of WebRTC for Node (`@roamhq/wrtc` 0.10), by polling the
 * send queue while it is not empty. Returns the same channel.
 */
export function withLowWater<Channel extends LowWaterChannel>(channel: Channel, clock: Clock): Channel {
  if ('onbufferedamountlow' in channel) return channel;
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

import type { ChannelName } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import type { MeshError } from '../../shared/errors.ts';
import type { ControlMessage } from '../../shared/messages.ts';
import type { PeerSignal } from '../../shared/signaling.ts';
import type { Peer } from './peer.ts';

/** Timing of a link. */
export const LINK = {
  /** The hello is the first message on a link that just opened: without one, the other side is not ours. */
  helloTimeoutMs: 5_000,
  /**
   * Time for another connection to open once there was one, ms. A way between the two exists, and ICE takes a second or two of it; an
   * attempt that began while a relay was away blocks the next one for so long.
   */
  repeatTimeoutMs: 8_000,
  /** How long a link waits for a member whose session has ended, or for its offer, ms: routers and laptops come back within minutes. */
  awaitReturnMs: 5 * 60_000,
} as const;

export type LinkState = 'connecting' | 'open' | 'retrying' | 'closed';

export type LinkEvent =
  | { kind: 'open' }
  /** The connection is gone, and everything it carried is lost. Retries follow. */
  | { kind: 'lost'; error: MeshError | null }
  | { kind: 'message'; message: ControlMessage }
  /** For good. */
  | { kind: 'closed'; error: MeshError | null };

export type Hello = Extract<ControlMessage, { kind: 'hello' }>;

/** What a link needs of the member that it belongs to. */
export interface LinkEnvironmentOf<Link> {
  clock: Clock;
  /** Returns a connection for this link alone. */
  openPeer(initiate: boolean): Peer;
  /** Whether a TURN relay is configured for browsers that cannot reach each other directly. */
  hasRelay(): boolean;
  /** Whether our session at the coordinator is online. */
  isOnline(): boolean;
  /** Whether the coordinator relays signals to the peer now. */
  isIntroduced(peerId: string): boolean;
  /** The present ICE servers: TURN credentials expire. */
  iceServers(): RTCIceServer[];
  /** 0..1, for the jitter of retries. */
  random(): number;
  /** Returns the next connection number. It counts over all links, so that a later connection always has the higher number. */
  nextAttempt(): number;
  sendSignal(peerId: string, attempt: number, signal: PeerSignal): void;
  /** Our hello; called whenever one is sent. */
  hello(): Hello;
  /**
   * Called for every new connection before anything can arrive on it: the owner creates its channels and passes them to their workers.
   * The returned function is called when that connection ends.
   */
  attachChannels(link: Link, createChannel: (name: Exclude<ChannelName, 'control'>) => RTCDataChannel): () => void;
  /** Called for every message on the control channel, before it is read. */
  onControlBytes?(link: Link, bytes: ControlBytes): void;
}

export interface ControlBytes {
  bytesIn: number;
  bytesOut: number;
}

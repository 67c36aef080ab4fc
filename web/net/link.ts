import { concatBytes } from '../../shared/bytes.ts';
import type { ChannelName } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type Capabilities, type ControlMessage, controlMessageSchema } from '../../shared/messages.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import { type Introduction, type PeerSignal, PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { bare, decodeTransfer, encodeTransfer } from '../../shared/wire.ts';
import { type IcePath, noRoute } from './connection-outcome.ts';
import { Listeners } from './listeners.ts';
import type { Peer } from './peer.ts';

/** Timing of a link. */
export const LINK = {
  /** The hello is the first message on a link that just opened: without one, the other side is not ours. */
  helloTimeoutMs: 5_000,
  /** Delay before each new attempt, ms; after the last one the link is closed until the next introduction. */
  retryDelaysMs: [0, 300, 1_200, 2_700, 4_800, 7_000],
  /** Each delay is multiplied by 1 + random * this. */
  retryJitter: 0.3,
  /** How long the answering side waits for the next offer, ms: the initiator's longest delay and one whole attempt, with some slack. */
  awaitOfferMs: 30_000,
} as const;

export type Hello = Extract<ControlMessage, { kind: 'hello' }>;
export type LinkState = 'connecting' | 'open' | 'retrying' | 'closed';

export interface LinkEnvironment {
  clock: Clock;
  /** A connection that nobody else uses. */
  openPeer(initiate: boolean): Peer;
  /** Is there a TURN relay for those that cannot reach each other? */
  hasRelay(): boolean;
  /** 0..1, for the jitter of retries. */
  random(): number;
  /** Counts connections over all links, so that a later one always has the higher number. */
  nextAttempt(): number;
  sendSignal(peerId: string, attempt: number, signal: PeerSignal): void;
  /** What we say of ourselves, at the moment it is said. */
  hello(): Hello;
  /**
   * Called for every new connection, before the other side can have said anything: the owner makes the channels it wants and
   * hands them to their workers. What it returns is called when that connection ends.
   */
  attachChannels(link: Link, createChannel: (name: Exclude<ChannelName, 'control'>) => RTCDataChannel): () => void;
}

export type LinkEvent =
  | { kind: 'open' }
  /** The connection is gone; whatever it carried must be done elsewhere. A retry may follow. */
  | { kind: 'lost'; error: MeshError | null }
  | { kind: 'message'; message: ControlMessage }
  /** No more attempts. */
  | { kind: 'closed'; error: MeshError | null };

interface Connection {
  attempt: number;
  peer: Peer;
  detach: () => void;
}

/**
 * The lasting relation of one gamer and one volunteer: one connection at a time, a hello in both directions, and new connections
 * with growing waits when one fails. It outlives the coordinator, which is needed only to make a new connection.
 */
export class Link {
  readonly peerId: string;
  /** Empty for a gamer: its volunteers do not learn it. */
  readonly peerName: string;
  readonly score: number;
  readonly events = new Listeners<LinkEvent>();
  readonly #initiate: boolean;
  readonly #environment: LinkEnvironment;
  readonly #clock: Clock;
  #state: LinkState = 'connecting';
  #connection: Connection | null = null;
  /** Ready for the offer that is waited for. */
  #prepared: Peer | null = null;
  #remote: Hello | null = null;
  #failures = 0;
  /** The two have reached each other: there is a way through their networks. */
  #hasConnected = false;
  /** Why the last attempt of a side that waits for offers failed; null when it did not. */
  #failure: MeshError | null = null;
  #cancelTimer: () => void = () => {};

  constructor({ peerId, name, initiate, score }: Introduction, environment: LinkEnvironment) {
    this.peerId = peerId;
    this.peerName = name ?? '';
    this.score = score;
    this.#initiate = initiate;
    this.#environment = environment;
    this.#clock = environment.clock;
    if (initiate) this.#connect(environment.nextAttempt());
    else this.#waitForOffer();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** What the other side can do; null before its hello and for gamers. */
  get capabilities(): Capabilities | null {
    return this.#remote?.capabilities ?? null;
  }

  /** Which way the present connection goes; null when there is none, or the browser does not say. */
  async path(): Promise<IcePath | null> {
    return (await this.#connection?.peer.path()) ?? null;
  }

  /** A signal of the other side, relayed by the coordinator. */
  receive(attempt: number, signal: PeerSignal): void {
    if (this.#state === 'closed') return;
    const current = this.#connection?.attempt ?? -1;
    const isNewOffer = !this.#initiate && signal.type === 'offer' && attempt > current;
    if (isNewOffer) {
      this.#dropConnection(null);
      // A listener of `lost` may have closed the link.
      if (this.state === 'closed') return;
      this.#connect(attempt, signal);
    } else if (this.#connection?.attempt === attempt) this.#connection.peer.signal(signal);
  }

  /** Sends on the control channel; without a connection the message has nobody to go to and is dropped. */
  send(message: ControlMessage): void {
    this.#connection?.peer.send(concatBytes(encodeTransfer([bare(message)])));
  }

  /** Further channels of the present connection. Throws MeshError `closed` when there is none. */
  createChannel(name: Exclude<ChannelName, 'control'>): RTCDataChannel {
    if (!this.#connection) throw MeshError.closed('The link');
    return this.#connection.peer.createChannel(name);
  }

  /** Ends the present connection and tries anew, as when the pulse stopped. */
  fail(error: MeshError): void {
    if (this.#connection) this.#connectionEnded(error);
  }

  /** A channel of the present connection broke: a lost connection is tried anew, a side that sends nonsense is not. */
  broken(error: MeshError): void {
    if (error.reason === 'connection-failed') this.fail(error);
    else this.close(error);
  }

  /** Ends the link for good and tells the other side why. */
  close(error: MeshError | null): void {
    if (this.#state === 'closed') return;
    this.send({ kind: 'bye', error: error?.toWire() ?? null });
    this.#finish(error);
  }

  #connect(attempt: number, offer?: PeerSignal): void {
    this.#cancelTimer();
    this.#state = 'connecting';
    const peer = this.#takePrepared() ?? this.#environment.openPeer(this.#initiate);
    peer.begin({
      onSignal: (signal) => this.#environment.sendSignal(this.peerId, attempt, signal),
      onConnect: () => this.#connected(),
      onMessage: (data) => this.#received(data),
      onClose: (error) => {
        if (this.#connection?.peer !== peer) return;
        const isLost = error && peer.hasNoRoute && !this.#hasConnected;
        this.#connectionEnded(isLost ? noRoute(error, this.#environment.hasRelay()) : error);
      },
    });
    // The browser reads it while the channels are made.
    if (offer) peer.signal(offer);
    try {
      const detach = this.#environment.attachChannels(this, (name) => peer.createChannel(name));
      this.#connection = { attempt, peer, detach };
    } catch (cause) {
      peer.destroy();
      this.#connectionEnded(MeshError.from(cause, 'connection-failed'));
    }
  }

  #connected(): void {
    this.#hasConnected = true;
    this.#failure = null;
    this.send(this.#environment.hello());
    this.#cancelTimer = this.#clock.after(LINK.helloTimeoutMs, () =>
      this.fail(new MeshError('connection-failed', 'The other browser connected and said nothing. Reload both pages.')),
    );
  }

  #received(data: Uint8Array | string): void {
    try {
      if (typeof data === 'string') throw MeshError.malformed('Text arrived where bytes were expected.');
      if (data.byteLength > TRANSFER.maxControlBytes) {
        throw MeshError.tooLarge('A control message', data.byteLength, TRANSFER.maxControlBytes);
      }
      for (const { message } of decodeTransfer(data, controlMessageSchema)) this.#understood(message);
    } catch (cause) {
      this.close(MeshError.from(cause, 'malformed'));
    }
  }

  #understood(message: ControlMessage): void {
    if (message.kind === 'bye') this.#finish(message.error && MeshError.from(message.error));
    else if (message.kind === 'hello') this.#greeted(message);
    else if (this.#state !== 'open') throw MeshError.malformed('A message came before the hello.');
    else {
      if (message.kind === 'capabilities' && this.#remote) this.#remote.capabilities = message.capabilities;
      this.events.emit({ kind: 'message', message });
    }
  }

  #greeted(hello: Hello): void {
    if (hello.protocolVersion !== PROTOCOL_VERSION) {
      const theirs = hello.protocolVersion;
      throw new MeshError(
        'protocol-version',
        `The other browser speaks version ${theirs} of the protocol and this one version ${PROTOCOL_VERSION}. Reload both pages.`,
      );
    }
    if (this.#state === 'open') throw MeshError.malformed('A second hello came.');
    this.#cancelTimer();
    this.#failures = 0;
    this.#remote = hello;
    this.#state = 'open';
    this.events.emit({ kind: 'open' });
  }

  #connectionEnded(error: MeshError | null): void {
    this.#dropConnection(error);
    // A listener of `lost` may have closed the link.
    if (this.state === 'closed') return;
    this.#state = 'retrying';
    if (!this.#hasConnected) this.#failure = error;
    if (!this.#initiate) {
      this.#waitForOffer();
      return;
    }
    const waitMs = LINK.retryDelaysMs[this.#failures++];
    if (waitMs === undefined) this.#finish(error ?? MeshError.closed('The link'));
    else {
      const jitteredMs = waitMs * (1 + this.#environment.random() * LINK.retryJitter);
      this.#cancelTimer = this.#clock.after(jitteredMs, () => this.#connect(this.#environment.nextAttempt()));
    }
  }

  /** The gamer's side makes the offers; one that never comes means that it gave up or never was. */
  #waitForOffer(): void {
    this.#prepared = this.#environment.openPeer(false);
    this.#cancelTimer = this.#clock.after(LINK.awaitOfferMs, () =>
      this.#finish(
        this.#failure ??
          new MeshError('connection-failed', 'The other browser did not come back. It may have been closed.'),
      ),
    );
  }

  #takePrepared(): Peer | null {
    const peer = this.#prepared;
    this.#prepared = null;
    return peer?.closed ? null : peer;
  }

  #dropConnection(error: MeshError | null): void {
    this.#cancelTimer();
    const connection = this.#connection;
    if (!connection) return;
    this.#connection = null;
    this.#remote = null;
    connection.detach();
    connection.peer.destroy();
    this.events.emit({ kind: 'lost', error });
  }

  #finish(error: MeshError | null): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#takePrepared()?.destroy();
    this.#dropConnection(error);
    this.events.emit({ kind: 'closed', error });
    this.events.clear();
  }
}

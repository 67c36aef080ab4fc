import { concatBytes } from '../../shared/bytes.ts';
import type { ChannelName } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { logger, shortId } from '../../shared/log.ts';
import { type Capabilities, type ControlMessage, controlMessageSchema } from '../../shared/messages.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import { type Introduction, type PeerSignal, PROTOCOL_VERSION, type Role } from '../../shared/signaling.ts';
import { bare, decodeTransfer, encodeTransfer } from '../../shared/wire.ts';
import { type IceRoute, noRoute } from './connection-outcome.ts';
import { Listeners } from './listeners.ts';
import type { Peer } from './peer.ts';
import { errorOfPeer } from './peer-error.ts';

const log = logger('net.link');

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
  /** Returns a connection for this link alone. */
  openPeer(initiate: boolean): Peer;
  /** Whether a TURN relay is configured for browsers that cannot reach each other directly. */
  hasRelay(): boolean;
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

export type LinkEvent =
  | { kind: 'open' }
  /** The connection is gone, and everything it carried is lost. A retry may follow. */
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
 * The link of one gamer and one volunteer: one connection at a time, a hello in both directions, and new connections with growing
 * delays when one fails. It survives the coordinator, which is needed only to establish a new connection.
 */
export class Link {
  readonly peerId: string;
  /** Empty for a gamer: volunteers are not told its name. */
  readonly peerName: string;
  readonly score: number;
  readonly events = new Listeners<LinkEvent>();
  readonly #initiate: boolean;
  readonly #environment: LinkEnvironment;
  readonly #clock: Clock;
  #state: LinkState = 'connecting';
  #connection: Connection | null = null;
  /** A connection prepared for the offer that is expected. */
  #prepared: Peer | null = null;
  #remote: Hello | null = null;
  #failures = 0;
  /** Whether the two have ever reached each other: then a path between them exists. */
  #hasConnected = false;
  /** On the side that waits for offers: the error of the last attempt; null if it succeeded. */
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

  /** Capabilities of the other side; null before its hello, and for gamers. */
  get capabilities(): Capabilities | null {
    return this.#remote?.capabilities ?? null;
  }

  /** Route of the present connection; null without one, and in browsers that do not report it. */
  async route(): Promise<IceRoute | null> {
    return (await this.#connection?.peer.route()) ?? null;
  }

  /** Handles a signal of the other side, relayed by the coordinator. */
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

  /** Sends on the control channel; without a connection, the message is dropped. */
  send(message: ControlMessage): void {
    if (!this.#connection) return;
    const bytes = concatBytes(encodeTransfer([bare(message)]));
    this.#environment.onControlBytes?.(this, { bytesIn: 0, bytesOut: bytes.byteLength });
    this.#connection.peer.send(bytes);
  }

  /** Creates another channel on the present connection. Throws MeshError `closed` without one. */
  createChannel(name: Exclude<ChannelName, 'control'>): RTCDataChannel {
    if (!this.#connection) throw MeshError.closed('The link');
    return this.#connection.peer.createChannel(name);
  }

  /** Ends the present connection and tries a new one, for example when the heartbeat stopped. */
  fail(error: MeshError): void {
    if (this.#connection) this.#connectionEnded(error);
  }

  /** A channel of the present connection broke. A lost connection is retried; a side that sends malformed data is not. */
  broken(error: MeshError): void {
    if (error.reason === 'connection-failed') this.fail(error);
    else this.close(error);
  }

  /** Ends the link for good and tells the other side the reason. */
  close(error: MeshError | null): void {
    if (this.#state === 'closed') return;
    this.send({ kind: 'bye', error: error?.toWire() ?? null });
    this.#finish(error);
  }

  /** Gamers make the offers. */
  get #peerRole(): Role {
    return this.#initiate ? 'volunteer' : 'gamer';
  }

  get #logFields(): { peer: string } {
    return { peer: shortId(this.peerId) };
  }

  #connect(attempt: number, offer?: PeerSignal): void {
    this.#cancelTimer();
    this.#state = 'connecting';
    log.info('connecting', { ...this.#logFields, attempt, initiate: this.#initiate });
    const peer = this.#takePrepared() ?? this.#environment.openPeer(this.#initiate);
    peer.begin({
      onSignal: (signal) => this.#environment.sendSignal(this.peerId, attempt, signal),
      onConnect: () => this.#connected(),
      onMessage: (data) => this.#received(data),
      onForeignChannel: () => this.close(MeshError.malformed('The other browser opened a channel of its own.')),
      onClose: (error) => {
        if (this.#connection?.peer !== peer) return;
        const isUnreachable = error && peer.hasNoRoute && !this.#hasConnected;
        const hasRelay = this.#environment.hasRelay();
        if (isUnreachable) log.warn('no route', { ...this.#logFields, attempt, hasRelay });
        this.#connectionEnded(isUnreachable ? noRoute(error, hasRelay) : error);
      },
    });
    // Passed on first: the browser parses it while the channels are created.
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
    log.debug('connected', this.#logFields);
    this.send(this.#environment.hello());
    this.#cancelTimer = this.#clock.after(LINK.helloTimeoutMs, () =>
      this.fail(new MeshError('connection-failed', 'The other browser connected but sent nothing. Reload both pages.')),
    );
  }

  #received(data: Uint8Array | string): void {
    const connection = this.#connection;
    this.#environment.onControlBytes?.(this, { bytesIn: data.length, bytesOut: 0 });
    // Whoever counts may have ended it.
    if (this.#connection !== connection) return;
    try {
      if (typeof data === 'string') throw MeshError.malformed('Text arrived where bytes were expected.');
      if (data.byteLength > TRANSFER.maxControlBytes) {
        throw MeshError.tooLarge('A control message', data.byteLength, TRANSFER.maxControlBytes);
      }
      for (const { message } of decodeTransfer(data, controlMessageSchema)) {
        // A message before this one may have ended the connection; a hello after a goodbye must not open the link again.
        if (this.#connection !== connection) return;
        this.#understood(message);
      }
    } catch (cause) {
      this.close(MeshError.from(cause, 'malformed'));
    }
  }

  #understood(message: ControlMessage): void {
    if (message.kind === 'bye') this.#finish(message.error && errorOfPeer(message.error, this.#peerRole));
    else if (message.kind === 'hello') this.#greeted(message);
    else if (this.#state !== 'open') throw MeshError.malformed('A message arrived before the hello.');
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
    if (this.#state === 'open') throw MeshError.malformed('A second hello arrived.');
    this.#cancelTimer();
    this.#failures = 0;
    this.#remote = hello;
    this.#state = 'open';
    log.info('open', { ...this.#logFields, backend: hello.capabilities?.backends.upscale?.backend });
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
      log.info('retrying', { ...this.#logFields, failures: this.#failures, waitMs: jitteredMs });
      this.#cancelTimer = this.#clock.after(jitteredMs, () => this.#connect(this.#environment.nextAttempt()));
    }
  }

  /** Waits for an offer, which the gamer's side makes; without one, that side has given up or never existed. */
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
    log.warn('lost', { ...this.#logFields, attempt: connection.attempt, reason: error?.reason ?? 'on purpose' });
    this.events.emit({ kind: 'lost', error });
  }

  #finish(error: MeshError | null): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#takePrepared()?.destroy();
    this.#dropConnection(error);
    log.info('closed', { ...this.#logFields, reason: error?.reason ?? 'on purpose' });
    this.events.emit({ kind: 'closed', error });
    this.events.clear();
  }
}

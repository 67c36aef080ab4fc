import { concatBytes } from '../../shared/bytes.ts';
import type { ChannelName } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { logger, shortId } from '../../shared/log.ts';
import { type Capabilities, type ControlMessage, controlMessageSchema } from '../../shared/messages.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import type { Introduction, PeerSignal, Role } from '../../shared/signaling.ts';
import { decodeTransfer, encodeTransfer, withoutAttachments } from '../../shared/wire.ts';
import { type IceRoute, noRoute } from './connection-outcome.ts';
import { checkVersion, didNotReturn, HelloExchange, helloIn } from './hello-exchange.ts';
import { type Hello, LINK, type LinkEnvironmentOf, type LinkEvent, type LinkState } from './link-environment.ts';
import { Listeners } from './listeners.ts';
import type { Peer, PeerOwner } from './peer.ts';
import { errorOfPeer } from './peer-error.ts';
import { RetrySchedule } from './retry-schedule.ts';

const log = logger('net.link');

export type LinkEnvironment = LinkEnvironmentOf<Link>;
interface Connection {
  attempt: number;
  peer: Peer;
  detach: () => void;
  /** The other side's hello, if it came with its answer. */
  hello: string | null;
  /** Ours. */
  greeting: HelloExchange;
}

/**
 * The link of one gamer and one volunteer: one connection at a time, a hello in both directions, and new connections when one fails, for
 * as long as the two are introduced and some minutes longer. Before a connection is given up, ICE looks for another path that it can go
 * on over. The link survives the coordinator, which is needed only for new paths and connections.
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
  readonly #retries: RetrySchedule;
  /** Whether the two have ever reached each other: then a path between them exists. */
  #hasConnected = false;
  /** Whether the other side does not answer, although its connection is still there. */
  #isUnanswered = false;
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
    this.#retries = new RetrySchedule(environment.clock, () => environment.random());
    if (initiate) this.#connect(environment.nextAttempt());
    else this.#waitForOffer();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Whether the two reached each other before and do not now. It is tried again. */
  get isInterrupted(): boolean {
    if (!this.#hasConnected || this.#state === 'closed') return false;
    return this.#state !== 'open' || this.#isUnanswered || (this.#connection?.peer.isDisconnected ?? false);
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
    // Only one side offers. An offer to the side that made its own would have the connection negotiated anew, as its sender likes.
    if (signal.type === (this.#initiate ? 'offer' : 'answer')) return;
    const current = this.#connection?.attempt ?? -1;
    const isNewOffer = !this.#initiate && signal.type === 'offer' && attempt > current;
    if (isNewOffer) {
      this.#dropConnection(null);
      // A listener of `lost` may have closed the link.
      if (this.state === 'closed') return;
      this.#connect(attempt, signal);
    } else if (this.#connection?.attempt === attempt) {
      const { peer } = this.#connection;
      if (signal.type === 'answer') this.#connection.hello ??= signal.hello ?? null;
      // A second offer asks for another path, perhaps hours after our credentials for the relay were given out.
      if (signal.type === 'offer') peer.setIceServers(this.#environment.iceServers());
      peer.signal(signal);
    }
  }

  /** The coordinator introduces the two again: the other side is back, or we are. */
  introducedAgain(): void {
    this.#retryAtOnce();
  }

  /** This machine has a network again, perhaps another one. */
  networkReturned(): void {
    if (this.#state === 'open') this.#restartIce();
    else this.#retryAtOnce();
  }

  /** Whether the other side answers: while it does not, another path to it is sought. */
  answered(isAnswered: boolean): void {
    this.#isUnanswered = !isAnswered;
    if (!isAnswered) this.#restartIce();
  }

  /** Sends on the control channel; without a connection, the message is dropped. */
  send(message: ControlMessage): void {
    if (!this.#connection) return;
    const bytes = concatBytes(encodeTransfer([withoutAttachments(message)]));
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
    this.#isUnanswered = false;
    log.info('connecting', { ...this.#logFields, attempt, initiate: this.#initiate });
    const peer = this.#takePrepared() ?? this.#environment.openPeer(this.#initiate);
    const greeting = new HelloExchange(() => this.#environment.hello());
    const owner: PeerOwner = {
      onSignal: (signal) => this.#environment.sendSignal(this.peerId, attempt, greeting.attachToAnswer(signal)),
      onConnect: () => this.#connected(),
      onMessage: (data) => this.#received(data),
      onForeignChannel: () => this.close(MeshError.malformed('The other browser opened a channel of its own.')),
      onClose: (error) => {
        if (this.#connection?.peer !== peer) return;
        const isUnreachable = error && peer.hasNoRoute && !this.#hasConnected;
        const relay = { hasRelay: this.#environment.hasRelay(), isRelayFull: peer.isRelayFull };
        if (isUnreachable) log.warn('no route', { ...this.#logFields, attempt, ...relay });
        this.#connectionEnded(isUnreachable ? noRoute(error, relay) : error);
      },
    };
    peer.begin(owner, this.#hasConnected ? LINK.repeatTimeoutMs : undefined);
    // Passed on first: the browser parses it while the channels are created.
    if (offer) peer.signal(offer);
    try {
      const detach = this.#environment.attachChannels(this, (name) => peer.createChannel(name));
      this.#connection = { attempt, peer, detach, hello: null, greeting };
    } catch (cause) {
      peer.destroy();
      this.#connectionEnded(MeshError.from(cause, 'connection-failed'));
    }
  }

  #connected(): void {
    this.#hasConnected = true;
    this.#failure = null;
    log.debug('connected', this.#logFields);
    const { hello, greeting } = this.#connection ?? {};
    const ours = greeting?.afterConnect();
    if (ours) this.send(ours);
    if (hello) {
      this.#closeOnError(() => this.#handleHello(helloIn(hello)));
      return;
    }
    this.#cancelTimer = this.#clock.after(LINK.helloTimeoutMs, () =>
      this.fail(new MeshError('connection-failed', 'The other browser connected but sent nothing. Reload both pages.')),
    );
  }

  #received(data: Uint8Array | string): void {
    const connection = this.#connection;
    this.#environment.onControlBytes?.(this, { bytesIn: data.length, bytesOut: 0 });
    // Whoever counts may have ended it.
    if (this.#connection !== connection) return;
    this.#closeOnError(() => {
      if (typeof data === 'string') throw MeshError.malformed('Text arrived where bytes were expected.');
      if (data.byteLength > TRANSFER.maxControlBytes) {
        throw MeshError.tooLarge('A control message', data.byteLength, TRANSFER.maxControlBytes);
      }
      for (const { message } of decodeTransfer(data, controlMessageSchema)) {
        // A message before this one may have ended the connection; a hello after a goodbye must not open the link again.
        if (this.#connection !== connection) return;
        this.#handleControl(message);
      }
    });
  }

  /** A side that sends what cannot be understood has its link closed. */
  #closeOnError(read: () => void): void {
    try {
      read();
    } catch (cause) {
      this.close(MeshError.from(cause, 'malformed'));
    }
  }

  #handleControl(message: ControlMessage): void {
    if (message.kind === 'bye') this.#finish(message.error && errorOfPeer(message.error, this.#peerRole));
    else if (message.kind === 'hello') this.#handleHello(message);
    else if (this.#state !== 'open') throw MeshError.malformed('A message arrived before the hello.');
    else {
      if (message.kind === 'capabilities' && this.#remote) this.#remote.capabilities = message.capabilities;
      this.events.emit({ kind: 'message', message });
    }
  }

  #handleHello(hello: Hello): void {
    checkVersion(hello);
    if (this.#state === 'open') throw MeshError.malformed('A second hello arrived.');
    this.#cancelTimer();
    this.#retries.restart();
    this.#remote = hello;
    this.#state = 'open';
    const changes = this.#connection?.greeting.changes();
    if (changes) this.send(changes);
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
    const waitMs = this.#retries.failed();
    log.info('retrying', { ...this.#logFields, waitMs });
    this.#cancelTimer = this.#clock.after(waitMs, () => this.#retry());
  }

  #retry(): void {
    // Signals would go nowhere; the next introduction is the moment to try.
    if (this.#environment.isIntroduced(this.peerId)) this.#connect(this.#environment.nextAttempt());
    else this.#awaitReturn();
  }

  #retryAtOnce(): void {
    this.#retries.restart();
    if (this.#state !== 'retrying' || !this.#initiate) return;
    this.#cancelTimer();
    this.#retry();
  }

  /** Seeks another path for the connection; everything it carries goes on over that. */
  #restartIce(): void {
    const { isIntroduced, iceServers } = this.#environment;
    if (!this.#initiate || !this.#connection || !isIntroduced(this.peerId)) return;
    log.info('another path', this.#logFields);
    this.#connection.peer.restartIce(iceServers());
  }

  /** Waits for an offer, which the gamer's side makes. */
  #waitForOffer(): void {
    this.#prepared = this.#environment.openPeer(false);
    this.#awaitReturn();
  }

  /** Waits for the other side. It has given up or never existed if nothing comes while we are online. */
  #awaitReturn(): void {
    this.#cancelTimer = this.#clock.after(LINK.awaitReturnMs, () => {
      if (!this.#environment.isOnline()) this.#awaitReturn();
      else this.#finish(this.#failure ?? didNotReturn());
    });
  }

  #takePrepared(): Peer | null {
    const peer = this.#prepared;
    this.#prepared = null;
    return peer?.isClosed ? null : peer;
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

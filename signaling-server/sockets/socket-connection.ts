import type { Logger } from 'pino';
import type { Socket } from 'socket.io';
import type {
  ClientToServerEvents,
  Farewell,
  Introduction,
  Joined,
  RelayedSignal,
  ServerToClientEvents,
} from '../../shared/signaling.ts';
import type { ServerClock } from '../clock.ts';
import type { Connection } from '../rooms/connection.ts';

/** Packets that may wait for a slow socket before it is dropped: twice what a resumed session may be sent at once. */
const MAX_QUEUED_PACKETS = 512;

export type SignalingSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

interface Parts {
  instance: string;
  /** See {@link SocketInfo.networks}. */
  networks: readonly string[];
  /** From the server's first packet to the client's answer: a round trip in itself. */
  handshakeMs: number;
  clock: Pick<ServerClock, 'now'>;
  log: Logger;
  onSlow(): void;
}

/**
 * A connection over one of this instance's socket.io sockets. Measures the round trip from socket.io's own heartbeats, and drops a
 * socket that does not read what it is sent.
 */
export class SocketConnection implements Connection {
  #rttMs: number;
  #pingSentAtMs: number | null = null;
  #queuedPackets = 0;
  #isSlow = false;

  readonly instance: string;

  constructor(
    private readonly socket: SignalingSocket,
    private readonly parts: Parts,
  ) {
    const { instance, handshakeMs, clock } = parts;
    this.instance = instance;
    this.#rttMs = handshakeMs;
    const { conn } = socket;
    conn.on('packetCreate', ({ type }: { type: string }) => {
      this.#queuedPackets++;
      this.#dropIfSlow();
      if (type === 'ping') this.#pingSentAtMs = clock.now();
    });
    conn.on('flush', () => {
      this.#queuedPackets = 0;
    });
    conn.on('heartbeat', () => {
      if (this.#pingSentAtMs !== null) this.#rttMs = clock.now() - this.#pingSentAtMs;
      this.#pingSentAtMs = null;
    });
  }

  get rttMs(): number {
    return this.#rttMs;
  }

  get socketId(): string {
    return this.socket.id;
  }

  get networks(): readonly string[] {
    return this.parts.networks;
  }

  get host(): string {
    return this.socket.handshake.headers.host ?? '';
  }

  joined(joined: Joined): void {
    this.socket.emit('joined', { ok: true, value: joined });
  }

  introduce(introduction: Introduction): void {
    this.socket.emit('introduce', introduction);
  }

  signal(signal: RelayedSignal): void {
    this.socket.emit('signal', signal);
  }

  gone(farewell: Farewell): void {
    this.socket.emit('gone', farewell);
  }

  close(): void {
    this.socket.disconnect(true);
  }

  /** Counts the packets of all senders, this instance and others. */
  #dropIfSlow(): void {
    if (this.#queuedPackets <= MAX_QUEUED_PACKETS || this.#isSlow) return;
    this.#isSlow = true;
    const { log, onSlow } = this.parts;
    log.warn({ socket: this.socket.id, queuedPackets: this.#queuedPackets }, 'dropped a socket that does not read');
    onSlow();
    dropTransport(this.socket);
  }
}

/**
 * Ends the transport rather than the socket, so that the page sees a lost connection and reconnects. The connection is destroyed at
 * once, with everything queued in it: a client that does not read would not read a goodbye either.
 */
export function dropTransport({ conn }: SignalingSocket): void {
  conn.close(true);
  conn.request.socket.destroy();
}

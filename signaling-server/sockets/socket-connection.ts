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
import type { Connection } from '../rooms/member.ts';
import { COORDINATOR } from '../tuning.ts';

export type SignalingSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

interface Parts {
  instance: string;
  /** Whom limits per address count. */
  address: string;
  handshakeMs: number;
  clock: Pick<ServerClock, 'now'>;
  log: Logger;
  onSlow(): void;
}

/**
 * A member's socket over socket.io: measures its round trip from the heartbeats it sends anyway, and drops a socket that does
 * not read what it is sent.
 */
export class SocketConnection implements Connection {
  #rttMs: number;
  #pingSentAtMs: number | null = null;
  #queuedPackets = 0;
  #isSlow = false;

  readonly instance: string;

  /** @param parts `handshakeMs` from the server's first packet to the client's answer, a round trip in itself. */
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

  get address(): string {
    return this.parts.address;
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

  /** Whoever sends to it, this instance or another. */
  #dropIfSlow(): void {
    if (this.#queuedPackets <= COORDINATOR.maxQueuedPackets || this.#isSlow) return;
    this.#isSlow = true;
    const { log, onSlow } = this.parts;
    log.warn({ socket: this.socket.id, queuedPackets: this.#queuedPackets }, 'dropped a socket that does not read');
    onSlow();
    dropTransport(this.socket);
  }
}

/**
 * Ends the transport, not the socket: the page sees a lost connection and comes back for what it missed. Whoever does not read
 * would not read a goodbye either, so the connection goes at once, and what waited in it.
 */
export function dropTransport({ conn }: SignalingSocket): void {
  conn.close(true);
  conn.request.socket.destroy();
}

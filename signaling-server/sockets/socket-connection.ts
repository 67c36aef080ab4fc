import type { Socket } from 'socket.io';
import type {
  ClientToServerEvents,
  Introduction,
  Joined,
  PeerGone,
  RelayedSignal,
  ServerToClientEvents,
} from '../../shared/signaling.ts';
import type { ServerClock } from '../clock.ts';
import type { Connection } from '../rooms/connection.ts';

export type ServerSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

interface Parts {
  instance: string;
  /** See {@link Connection.host}. */
  host: string;
  /** See {@link SocketInfo.networks}. */
  networks: readonly string[];
  /** Time from the server's first packet to the client's answer, which is one round trip. */
  handshakeMs: number;
  clock: Pick<ServerClock, 'now'>;
}

/** A connection over one of this instance's socket.io sockets. Measures the round trip from socket.io's own heartbeats. */
export class SocketConnection implements Connection {
  #rttMs: number;
  #pingSentAtMs: number | null = null;

  readonly instance: string;

  constructor(
    private readonly socket: ServerSocket,
    private readonly parts: Parts,
  ) {
    const { instance, handshakeMs, clock } = parts;
    this.instance = instance;
    this.#rttMs = handshakeMs;
    const { conn } = socket;
    conn.on('packetCreate', ({ type }: { type: string }) => {
      if (type === 'ping') this.#pingSentAtMs = clock.now();
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
    return this.parts.host;
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

  gone(farewell: PeerGone): void {
    this.socket.emit('gone', farewell);
  }

  close(): void {
    this.socket.disconnect(true);
  }
}

import type { Socket as TcpSocket } from 'node:net';
import type { Logger } from 'pino';
import type { Socket } from 'socket.io';
import { MeshError } from '../../shared/errors.ts';
import type { ServerClock } from '../clock.ts';
import type { Metrics } from '../http/metrics.ts';
import { type Limits, OverLimit, type Sender } from './limits.ts';

/** How much may wait for a client that does not read, before its transport is dropped. */
export const UNREAD_LIMITS = {
  /** Twice what a resumed session may be sent at once. */
  packets: 512,
  /** The offers of 64 gamers, with their candidates. The answers to a client's own pings, which are not packets, count too. */
  bytes: 2 * 1024 * 1024,
  /** Longest time that something may wait, ms. Pages read at once. Without it, a thousand sockets that never read could each hold `bytes` for ever. */
  stallMs: 30_000,
} as const;

/** What a chunk of a WebSocket counts as at least: each costs this server time, however little it holds. */
const LEAST_CHUNK_BYTES = 256;
/**
 * What a client sent is counted at its limits once it is so much, or has waited so long: with several servers that takes two commands of Redis, which a client
 * must not cause by every byte.
 */
export const COUNTED = { bytes: 4_096, ms: 100 } as const;

interface Parts {
  limits: Pick<Limits, 'spend'>;
  metrics: Pick<Metrics, 'refused'>;
  clock: Pick<ServerClock, 'now' | 'after'>;
  log: Logger;
}

/**
 * The transport of one client, from its first byte on. Counts every byte that arrives and watches how much the client leaves unread. It
 * counts bytes rather than WebSocket messages, because a client may send much that never becomes a message: pings, parts of messages,
 * packets before its join.
 */
export class Transport {
  /** The sender whose limits its bytes count for; undefined until the session is known. */
  session: string | undefined;
  /** Whether it has had its socket.io socket. It carries only one. */
  isTaken = false;
  /** ms on the server's clock. */
  readonly openedAtMs: number;
  /**
   * Whether it is a sequence of requests rather than a WebSocket. They may come over any number of TCP connections, which a proxy may share
   * among its clients, so the gateway counts what is sent, and what is received is told from the packets.
   */
  readonly isPolling: boolean;
  #queuedPackets = 0;
  #queuedBytes = 0;
  #unreadSinceMs: number | null = null;
  #isDropped = false;
  #uncountedBytes = 0;
  #cancelCount: (() => void) | null = null;

  constructor(
    private readonly conn: Socket['conn'],
    readonly networks: Sender['networks'],
    private readonly parts: Parts,
  ) {
    this.openedAtMs = parts.clock.now();
    this.isPolling = conn.transport.name === 'polling';
    if (!this.isPolling) {
      const tcp = this.#tcp;
      tcp.on('data', ({ length }) => this.received(Math.max(length, LEAST_CHUNK_BYTES)));
      tcp.on('drain', () => {
        this.#unreadSinceMs = null;
      });
    }
    conn.on('packetCreate', ({ data }) => {
      this.#queuedPackets++;
      this.#queuedBytes += sizeOf(data);
      this.#dropIfUnread();
    });
    conn.on('flush', () => {
      this.#queuedPackets = 0;
      this.#queuedBytes = 0;
      if (this.isPolling) this.#unreadSinceMs = null;
    });
    conn.once('close', () => this.#count());
  }

  /**
   * Ends the transport rather than its socket, so that a page sees a lost connection and reconnects. Everything that waits in it is dropped:
   * a client that does not read would not read a closing message either.
   */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.conn.close(true);
    if (!this.isPolling) this.#tcp.destroy();
  }

  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Ends the transport after what is queued was sent. */
  close(): void {
    this.conn.close();
  }

  get #tcp(): TcpSocket {
    return this.conn.request.socket;
  }

  /** Counts what the client sent. */
  received(sizeBytes: number): void {
    this.#dropIfUnread();
    this.#uncountedBytes += sizeBytes;
    if (this.#uncountedBytes >= COUNTED.bytes) this.#count();
    else this.#cancelCount ??= this.parts.clock.after(COUNTED.ms, () => this.#count());
  }

  #count(): void {
    this.#cancelCount?.();
    this.#cancelCount = null;
    const sizeBytes = this.#uncountedBytes;
    if (sizeBytes === 0) return;
    this.#uncountedBytes = 0;
    const { limits, metrics, log } = this.parts;
    const { networks, session } = this;
    // Without an answer: the packet would have to be parsed to find out which request it is.
    limits.spend('bytes', { networks, session }, sizeBytes).catch((cause: unknown) => {
      metrics.refused('bytes', MeshError.from(cause, 'signaling-unreachable').reason);
      if (!(cause instanceof OverLimit)) log.error({ err: cause }, 'the bytes of a client could not be counted');
      this.drop();
    });
  }

  #dropIfUnread(): void {
    const { writableLength, writableNeedDrain } = this.#tcp;
    const unreadBytes = this.isPolling ? this.#queuedBytes : writableLength;
    const isWaiting = this.isPolling ? this.#queuedPackets > 0 : writableNeedDrain;
    const nowMs = this.parts.clock.now();
    if (isWaiting) this.#unreadSinceMs ??= nowMs;
    const { packets, bytes, stallMs } = UNREAD_LIMITS;
    const stalledMs = this.#unreadSinceMs === null ? 0 : nowMs - this.#unreadSinceMs;
    const isWithin = this.#queuedPackets <= packets && unreadBytes <= bytes && stalledMs <= stallMs;
    if (isWithin || this.#isDropped) return;
    const { log, metrics } = this.parts;
    log.warn({ queuedPackets: this.#queuedPackets, unreadBytes, stalledMs }, 'dropped a socket that does not read');
    metrics.refused('socket', 'slow');
    this.drop();
  }
}

/** The size of a packet that polling carries, with its type and separator. */
function sizeOf(data: unknown): number {
  return 2 + (typeof data === 'string' ? Buffer.byteLength(data) : 0);
}

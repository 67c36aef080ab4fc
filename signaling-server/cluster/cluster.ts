import { randomBytes } from 'node:crypto';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { CLIENT_EVENTS, type ClientEvent, type JoinRequest } from '../../shared/signaling.ts';
import type { z } from '../../shared/zod.ts';
import { type SocketInfo, socketInfoOf } from '../rooms/connection.ts';
import type { Counts } from '../rooms/rooms.ts';
import type { Gateway } from '../sockets/gateway.ts';
import { type JoinResult, parse, type RequestHandler } from '../sockets/request-handler.ts';
import { Leadership, type OpenCoordinator } from './leadership.ts';
import {
  type ClusterReply,
  type ClusterRequest,
  clusterReplySchema,
  clusterRequestSchema,
  LEADERSHIP_EVENTS,
  type OutgoingMessage,
  REDIS_CHANNELS,
} from './messages.ts';
import { PendingRequests } from './pending-requests.ts';
import { RedisLink } from './redis-link.ts';
import { KEYS, keepInstanceAlive, LEASE_MS, MAX_STREAM_ENTRIES, releaseLease, takeLease } from './redis-state.ts';

/** Interval at which an instance shows that it is alive, and the leader extends its lease: several in a lease. */
const HEARTBEAT_MS = 500;

/** The sockets of all instances, reached through this instance's gateway. */
type Sockets = Pick<Gateway, 'emit' | 'disconnect' | 'drop' | 'dropAll'>;

interface Term {
  leadership: Leadership;
  token: string;
  /** When the lease was last extended, ms on the monotonic clock. */
  keptAtMs: number;
}

/**
 * Several server instances over one Redis that act as one. Each holds sockets. One of them, the leader, holds a lease in Redis and
 * decides for all; the others forward their sockets' requests to it. When it stops, another instance takes the lease and
 * continues from the state in Redis.
 */
export class Cluster implements RequestHandler {
  readonly instance = randomBytes(9).toString('base64url');
  readonly #requests = new PendingRequests(this.instance, (request) => this.#sendToLeader(request));
  #sockets: Sockets | null = null;
  #openCoordinator: OpenCoordinator | null = null;
  /** Not null while this instance is the leader. */
  #term: Term | null = null;
  #termCount = 0;
  #heartbeat: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** @throws StartError when Redis cannot be reached */
  static async open(url: string, log: Logger, maxStreamBytes?: number): Promise<Cluster> {
    return new Cluster(await RedisLink.open(url, log), log, maxStreamBytes);
  }

  private constructor(
    private readonly link: RedisLink,
    private readonly log: Logger,
    private readonly maxStreamBytes?: number,
  ) {}

  get redis(): Redis {
    return this.link.commands;
  }

  /** The adapter through which socket.io reaches sockets of other instances. */
  adapter(): ReturnType<typeof createAdapter> {
    return createAdapter(this.link.bus, {
      streamName: KEYS.stream,
      channelPrefix: 'p2c2r:io',
      sessionKeyPrefix: 'p2c2r:io:',
      maxLen: MAX_STREAM_ENTRIES,
      onlyPlaintext: true,
      // Also bounds how long a stop waits for the last read.
      blockTimeInMs: HEARTBEAT_MS,
    });
  }

  /** Why a load balancer should send no new pages here; null when all is well. */
  trouble(): string | null {
    return this.link.isUp ? null : 'Redis is lost';
  }

  /** Joins the cluster, and leads it if nobody does. */
  async start(sockets: Sockets, openCoordinator: OpenCoordinator): Promise<void> {
    this.#sockets = sockets;
    this.#openCoordinator = openCoordinator;
    const { channels, commands } = this.link;
    channels.on('message', (channel, text) => this.#receive(channel, text));
    await channels.subscribe(REDIS_CHANNELS.leadership, REDIS_CHANNELS.repliesTo(this.instance));
    // Messages published while the channels were down are lost.
    channels.on('ready', () => this.#requests.resend());
    await keepInstanceAlive(commands, this.instance);
    await this.#beatNow();
  }

  async join(socket: SocketInfo, request: JoinRequest): Promise<JoinResult> {
    return (await this.#requests.add({ kind: 'join', socket: socketInfoOf(socket), request })) as JoinResult;
  }

  async handle(socket: SocketInfo, event: ClientEvent, payload: unknown): Promise<unknown> {
    // The leader checks it too. One that cannot be serialized would be pending here, and fail every sending of what is pending.
    const checked = parse(CLIENT_EVENTS[event].schema as z.ZodType<unknown>, payload);
    return this.#requests.add({ kind: 'event', socket: socketInfoOf(socket), event, payload: checked });
  }

  disconnected(socket: SocketInfo): void {
    // Fails only when this instance stops; then the leader treats all its sockets as lost.
    this.#requests.add({ kind: 'disconnected', socket: socketInfoOf(socket) }).catch(() => {});
  }

  counts(): Counts {
    return this.#term?.leadership.requestHandler.counts() ?? { rooms: 0, gamers: 0, volunteers: 0 };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#heartbeat;
    try {
      await this.#handOver();
    } catch (cause) {
      this.log.warn({ err: cause }, 'could not hand over: the other instances wait until the lease expires');
    }
    this.#requests.close();
    this.link.close();
  }

  async #handOver(): Promise<void> {
    const { commands } = this.link;
    if (this.#term) {
      const { leadership, token } = this.#term;
      await leadership.settled();
      this.#stepDown();
      await releaseLease(commands, token);
      await commands.publish(REDIS_CHANNELS.leadership, LEADERSHIP_EVENTS.vacant);
    }
    await commands.del(KEYS.instance(this.instance));
  }

  /** Runs one heartbeat at a time; the next is due {@link HEARTBEAT_MS} after the last. */
  #beatNow(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#heartbeat = this.#heartbeat.then(async () => {
      if (this.#isClosed) return;
      try {
        await this.#beat();
      } catch (cause) {
        this.log.debug({ err: cause }, 'a heartbeat failed');
        if (this.#term && performance.now() - this.#term.keptAtMs > LEASE_MS) this.#lost(cause);
      }
      if (this.#timer) clearTimeout(this.#timer);
      if (!this.#isClosed) this.#timer = setTimeout(() => void this.#beatNow(), HEARTBEAT_MS);
    });
    return this.#heartbeat;
  }

  async #beat(): Promise<void> {
    if (!(await keepInstanceAlive(this.link.commands, this.instance))) {
      // The leader has treated this instance as dead, or Redis has lost its memory: either way nobody knows these sockets.
      this.log.warn('Redis was lost for long, or lost its memory: pages are asked to reconnect');
      this.#sockets?.dropAll();
    }
    if (this.#term) await this.#keep(this.#term);
    else await this.#tryToLead();
  }

  async #keep(term: Term): Promise<void> {
    const askedAtMs = performance.now();
    if (!(await term.leadership.keep())) return this.#lost('another instance is the leader now');
    term.keptAtMs = askedAtMs;
    await term.leadership.dropSocketsOfDeadInstances();
  }

  async #tryToLead(): Promise<void> {
    const { link, log, maxStreamBytes } = this;
    const openCoordinator = this.#openCoordinator;
    const token = `${this.instance}:${this.#termCount++}`;
    const keptAtMs = performance.now();
    if (!openCoordinator || !(await takeLease(link.commands, token))) return;
    const send = (message: OutgoingMessage) => this.#deliver(message);
    const onLost = (why: unknown) => this.#lost(why);
    const leadership = new Leadership({ link, token, openCoordinator, send, log, onLost, maxStreamBytes });
    try {
      await leadership.begin();
      // Replaces the long first lease, and extends the life of the state in Redis.
      await leadership.keep();
    } catch (cause) {
      leadership.end();
      await releaseLease(link.commands, token);
      throw cause;
    }
    this.#term = { leadership, token, keptAtMs };
    await link.channels.subscribe(REDIS_CHANNELS.requests);
    await link.commands.publish(REDIS_CHANNELS.leadership, LEADERSHIP_EVENTS.taken);
  }

  #lost(why: unknown): void {
    this.log.warn({ err: why }, 'this instance is no longer the leader');
    this.#stepDown();
  }

  #stepDown(): void {
    this.#term?.leadership.end();
    this.#term = null;
    this.link.channels.unsubscribe(REDIS_CHANNELS.requests).catch((cause: unknown) => {
      this.log.debug({ err: cause }, 'the channel of requests was lost with Redis');
    });
  }

  #sendToLeader(request: ClusterRequest): void {
    if (this.#term) this.#term.leadership.receive(request);
    else this.#publish(REDIS_CHANNELS.requests, request);
  }

  #deliver(message: OutgoingMessage): void {
    if (message.kind === 'emit') {
      const { socketId, event, body } = message;
      // The schema ties each body to its event; TypeScript loses that when the two are taken apart.
      this.#sockets?.emit(socketId, event, body as never);
    } else if (message.kind === 'disconnect') this.#sockets?.disconnect(message.socketId);
    else if (message.to === this.instance) this.#settle(message.reply);
    else this.#publish(REDIS_CHANNELS.repliesTo(message.to), message.reply);
  }

  /** A message that is lost here is sent again to the next leader, or its request times out. */
  #publish(channel: string, message: ClusterRequest | ClusterReply): void {
    this.link.commands.publish(channel, JSON.stringify(message)).catch((cause: unknown) => {
      this.log.debug({ err: cause, channel }, 'could not publish');
    });
  }

  #receive(channel: string, text: string): void {
    if (channel === REDIS_CHANNELS.leadership) {
      if (text === LEADERSHIP_EVENTS.taken) this.#requests.resend();
      else void this.#beatNow();
      return;
    }
    try {
      if (channel === REDIS_CHANNELS.requests) {
        this.#term?.leadership.receive(clusterRequestSchema.parse(JSON.parse(text)));
      } else this.#settle(clusterReplySchema.parse(JSON.parse(text)));
    } catch (cause) {
      this.log.error(
        { err: cause, channel },
        'cannot read a message of another instance: do all instances run the same version?',
      );
    }
  }

  #settle(reply: ClusterReply): void {
    const request = this.#requests.settle(reply);
    if (request && reply.isUnknownSocket) this.#sockets?.drop(request.socket.socketId);
  }
}

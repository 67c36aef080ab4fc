import { randomBytes } from 'node:crypto';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { JoinRequest } from '../../shared/signaling.ts';
import { type SocketInfo, socketInfoOf } from '../rooms/connection.ts';
import type { Counts } from '../rooms/rooms.ts';
import type { Gateway } from '../sockets/gateway.ts';
import type { EventName, RequestHandler, Welcome } from '../sockets/request-handler.ts';
import { CLUSTER } from '../tuning.ts';
import { CHANNELS, KEYS, LEADERSHIP_EVENTS } from './keys.ts';
import { type OpenHandlers, Term } from './leadership.ts';
import { type Ask, askSchema, type Letter, type Reply, replySchema } from './messages.ts';
import { PendingRequests } from './pending-requests.ts';
import { RedisLink } from './redis-link.ts';
import { releaseLease, takeLease } from './redis-state.ts';

/** Sockets of all instances, by way of this one's gateway. */
type Sockets = Pick<Gateway, 'tell' | 'end' | 'drop' | 'dropAll'>;

/**
 * Several instances that act as one. Each holds sockets; one of them, whoever has the lease in Redis, decides for all, and the others
 * hand on to it what their sockets say. When it ends another takes the lease and goes on with what is in Redis.
 */
export class Cluster implements RequestHandler {
  readonly instance = randomBytes(9).toString('base64url');
  readonly #asks = new PendingRequests(this.instance, (ask) => this.#send(ask));
  #sockets: Sockets | null = null;
  #openOffice: OpenHandlers | null = null;
  #term: { term: Term; token: string; keptAtMs: number } | null = null;
  #terms = 0;
  #beating: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** @throws StartError when Redis cannot be reached. */
  static async open(url: string, log: Logger): Promise<Cluster> {
    return new Cluster(await RedisLink.open(url, log), log);
  }

  private constructor(
    private readonly link: RedisLink,
    private readonly log: Logger,
  ) {}

  get redis(): Redis {
    return this.link.commands;
  }

  /** For socket.io. */
  adapter(): ReturnType<typeof createAdapter> {
    return createAdapter(this.link.bus, {
      streamName: KEYS.stream,
      channelPrefix: 'p2c2r:io',
      sessionKeyPrefix: 'p2c2r:io:',
      maxLen: CLUSTER.maxStreamEntries,
      onlyPlaintext: true,
      // How long a stop waits for the last look.
      blockTimeInMs: CLUSTER.beatMs,
    });
  }

  /** Why nobody new is to be sent here; null when all is well. */
  trouble(): string | null {
    return this.link.isUp ? null : 'Redis is lost';
  }

  /** From now on this instance takes part, and decides for all when nobody else does. */
  async start(sockets: Sockets, openOffice: OpenHandlers): Promise<void> {
    this.#sockets = sockets;
    this.#openOffice = openOffice;
    const { channels, commands } = this.link;
    channels.on('message', (channel, text) => this.#heard(channel, text));
    await channels.subscribe(CHANNELS.news, CHANNELS.repliesTo(this.instance));
    // What was said while the channels were lost is lost too.
    channels.on('ready', () => this.#asks.askAgain());
    await commands.set(KEYS.instance(this.instance), 'alive', 'PX', CLUSTER.instanceTtlMs);
    await this.#beatNow();
  }

  async join(visit: SocketInfo, request: JoinRequest): Promise<Welcome> {
    return (await this.#asks.put({ kind: 'join', visit: socketInfoOf(visit), request })) as Welcome;
  }

  ask(visit: SocketInfo, event: EventName, payload: unknown): Promise<unknown> {
    return this.#asks.put({ kind: 'event', visit: socketInfoOf(visit), event, payload });
  }

  lost(visit: SocketInfo): void {
    // Fails only when this instance ends, and with that its sockets are taken for lost.
    this.#asks.put({ kind: 'lost', visit: socketInfoOf(visit) }).catch(() => {});
  }

  counts(): Counts {
    return this.#term?.term.desk.counts() ?? { rooms: 0, gamers: 0, volunteers: 0 };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#beating;
    try {
      await this.#handOver();
    } catch (cause) {
      this.log.warn({ err: cause }, 'could not hand over: the others wait until the lease ends');
    }
    this.#asks.close();
    this.link.close();
  }

  async #handOver(): Promise<void> {
    const { commands } = this.link;
    if (this.#term) {
      const { term, token } = this.#term;
      await term.settled();
      this.#stepDown();
      await releaseLease(commands, token);
      await commands.publish(CHANNELS.news, LEADERSHIP_EVENTS.vacant);
    }
    await commands.del(KEYS.instance(this.instance));
  }

  /** One at a time; the next is due `beatMs` after the last. */
  #beatNow(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#beating = this.#beating.then(async () => {
      if (this.#isClosed) return;
      try {
        await this.#beat();
      } catch (cause) {
        this.log.debug({ err: cause }, 'a beat failed');
        if (this.#term && performance.now() - this.#term.keptAtMs > CLUSTER.leaseMs) this.#lost(cause);
      }
      if (this.#timer) clearTimeout(this.#timer);
      if (!this.#isClosed) this.#timer = setTimeout(() => void this.#beatNow(), CLUSTER.beatMs);
    });
    return this.#beating;
  }

  async #beat(): Promise<void> {
    const { commands } = this.link;
    const key = KEYS.instance(this.instance);
    if ((await commands.set(key, 'alive', 'PX', CLUSTER.instanceTtlMs, 'XX')) === null) {
      await commands.set(key, 'alive', 'PX', CLUSTER.instanceTtlMs);
      // This instance was taken for dead, or Redis has lost its memory: nobody knows these sockets any more.
      this.log.warn('Redis was lost for long, or has forgotten: pages are asked to come back');
      this.#sockets?.dropAll();
    }
    if (this.#term) await this.#keep(this.#term);
    else await this.#tryToLead();
  }

  async #keep(held: { term: Term; keptAtMs: number }): Promise<void> {
    const askedAtMs = performance.now();
    if (!(await held.term.keep())) return this.#lost('another instance decides now');
    held.keptAtMs = askedAtMs;
    await held.term.dropDead();
  }

  async #tryToLead(): Promise<void> {
    const { link, log } = this;
    const openOffice = this.#openOffice;
    const token = `${this.instance}:${this.#terms++}`;
    const keptAtMs = performance.now();
    if (!openOffice || !(await takeLease(link.commands, token))) return;
    const send = (letter: Letter) => this.#deliver(letter);
    const term = new Term({ link, token, openOffice, send, log, onLost: (why) => this.#lost(why) });
    try {
      await term.begin();
      // The first lease was a long one; what it is about lives on from here.
      await term.keep();
    } catch (cause) {
      term.end();
      await releaseLease(link.commands, token);
      throw cause;
    }
    this.#term = { term, token, keptAtMs };
    await link.channels.subscribe(CHANNELS.asks);
    await link.commands.publish(CHANNELS.news, LEADERSHIP_EVENTS.led);
  }

  #lost(why: unknown): void {
    this.log.warn({ err: why }, 'this instance decides no more');
    this.#stepDown();
  }

  #stepDown(): void {
    this.#term?.term.end();
    this.#term = null;
    this.link.channels.unsubscribe(CHANNELS.asks).catch((cause: unknown) => {
      this.log.debug({ err: cause }, 'the channel went with Redis');
    });
  }

  #send(ask: Ask): void {
    if (this.#term) this.#term.term.receive(ask);
    else this.#publish(CHANNELS.asks, ask);
  }

  #deliver(letter: Letter): void {
    if (letter.kind === 'tell') {
      const { socketId, event, body } = letter;
      // Each event's body was checked against it; TypeScript cannot follow a pair.
      this.#sockets?.tell(socketId, event, body as never);
    } else if (letter.kind === 'end') this.#sockets?.end(letter.socketId);
    else if (letter.to === this.instance) this.#answered(letter.reply);
    else this.#publish(CHANNELS.repliesTo(letter.to), letter.reply);
  }

  /** What is lost here is asked again when somebody begins to decide, or given up. */
  #publish(channel: string, message: Ask | Reply): void {
    this.link.commands.publish(channel, JSON.stringify(message)).catch((cause: unknown) => {
      this.log.debug({ err: cause, channel }, 'could not be published');
    });
  }

  #heard(channel: string, text: string): void {
    if (channel === CHANNELS.news) {
      if (text === LEADERSHIP_EVENTS.led) this.#asks.askAgain();
      else void this.#beatNow();
      return;
    }
    try {
      if (channel === CHANNELS.asks) this.#term?.term.receive(askSchema.parse(JSON.parse(text)));
      else this.#answered(replySchema.parse(JSON.parse(text)));
    } catch (cause) {
      this.log.error(
        { err: cause, channel },
        'another instance says what this one cannot read: are their versions the same?',
      );
    }
  }

  #answered(reply: Reply): void {
    const ask = this.#asks.answered(reply);
    if (ask && reply.isStranger) this.#sockets?.drop(ask.visit.socketId);
  }
}

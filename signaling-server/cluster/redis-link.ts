import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { StartError } from '../boot/listening.ts';

/** A Redis that takes longer to answer counts as lost. */
const COMMAND_TIMEOUT_MS = 2_000;
/** How long a starting server waits for its Redis. */
const CONNECT_TIMEOUT_MS = 10_000;
/** The delay before each attempt to reconnect grows by this much, up to the maximum. */
const RECONNECT_DELAY_MS = 100;
const RECONNECT_DELAY_MAX_MS = 1_000;

const retryStrategy = (attempt: number) => Math.min(attempt * RECONNECT_DELAY_MS, RECONNECT_DELAY_MAX_MS);

/** This instance's connections to Redis. */
export class RedisLink {
  /** Commands fail at once while Redis is away, so that no request waits forever. */
  readonly commands: Redis;
  /** For subscriptions to channels. */
  readonly channels: Redis;
  /** For socket.io's adapter. Waits for Redis, because the adapter reads in a loop that would spin if reads failed at once. */
  readonly bus: Redis;
  readonly #all: readonly Redis[];

  /** @throws StartError when Redis cannot be reached in time */
  static async open(url: string, log: Logger): Promise<RedisLink> {
    const link = new RedisLink(url, log);
    try {
      await Promise.all(link.#all.map((client) => ready(client)));
      return link;
    } catch (cause) {
      link.close();
      const { host } = new URL(url);
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StartError(`Redis at ${host} cannot be used: ${why}. Check REDIS_URL, and that Redis is running.`);
    }
  }

  private constructor(url: string, log: Logger) {
    const patient: RedisOptions = { retryStrategy, maxRetriesPerRequest: null };
    this.commands = new Redis(url, {
      retryStrategy,
      commandTimeout: COMMAND_TIMEOUT_MS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
    this.channels = new Redis(url, patient);
    this.bus = new Redis(url, patient);
    this.#all = [this.commands, this.channels, this.bus];
    this.commands.on('end', () => log.debug('disconnected from Redis'));
    this.commands.on('ready', () => log.info('connected to Redis'));
    this.commands.on('close', () => log.warn('Redis is lost; open sockets stay open, but no page can join'));
    // Every error is followed by `close`, which is logged above.
    for (const client of this.#all) client.on('error', (cause: Error) => log.debug({ err: cause }, 'Redis error'));
  }

  get isUp(): boolean {
    return this.#all.every(({ status }) => status === 'ready');
  }

  close(): void {
    this.commands.removeAllListeners('close');
    for (const client of this.#all) client.disconnect();
  }
}

function ready(client: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    let latest = new Error('no answer');
    const timer = setTimeout(() => reject(latest), CONNECT_TIMEOUT_MS);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    client.on('error', (cause: Error) => {
      latest = cause;
      // Retrying does not help against a wrong password.
      if (/NOAUTH|WRONGPASS|invalid password/i.test(cause.message)) settle(() => reject(cause));
    });
    client.once('ready', () => settle(resolve));
  });
}

import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { StartError } from '../boot/listening.ts';
import { CLUSTER } from '../tuning.ts';

const retryStrategy = (attempt: number) => Math.min(attempt * CLUSTER.reconnectDelayMs, CLUSTER.reconnectDelayMaxMs);

/** The connections to Redis. */
export class RedisLink {
  /** Fails at once while Redis is away, so that nothing waits for it without an end. */
  readonly commands: Redis;
  /** Listens to channels. */
  readonly channels: Redis;
  /** socket.io's. It waits for Redis: its adapter reads in a loop that would spin if reading failed at once. */
  readonly bus: Redis;
  readonly #all: readonly Redis[];

  /** @throws StartError when Redis cannot be reached in time. */
  static async open(url: string, log: Logger): Promise<RedisLink> {
    const link = new RedisLink(url, log);
    try {
      await Promise.all(link.#all.map((client) => ready(client)));
      return link;
    } catch (cause) {
      link.close();
      const { host } = new URL(url);
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StartError(`Redis at ${host} cannot be used: ${why}. Check REDIS_URL, and that it runs.`);
    }
  }

  private constructor(url: string, log: Logger) {
    const patient: RedisOptions = { retryStrategy, maxRetriesPerRequest: null };
    const { commandTimeoutMs: commandTimeout } = CLUSTER;
    this.commands = new Redis(url, {
      retryStrategy,
      commandTimeout,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
    this.channels = new Redis(url, patient);
    this.bus = new Redis(url, patient);
    this.#all = [this.commands, this.channels, this.bus];
    this.commands.on('end', () => log.debug('Redis is left'));
    this.commands.on('ready', () => log.info('Redis answers'));
    this.commands.on('close', () => log.warn('Redis is lost; the sockets stay open, and nobody new is let in'));
    // Each is followed by `close`, which says so once.
    for (const client of this.#all) client.on('error', (cause: Error) => log.debug({ err: cause }, 'Redis'));
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
    const timer = setTimeout(() => reject(latest), CLUSTER.connectTimeoutMs);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    client.on('error', (cause: Error) => {
      latest = cause;
      // A password that is wrong is not right a second later.
      if (/NOAUTH|WRONGPASS|invalid password/i.test(cause.message)) settle(() => reject(cause));
    });
    client.once('ready', () => settle(resolve));
  });
}

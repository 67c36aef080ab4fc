import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { MeshError } from '../../shared/errors.ts';
import { LIMITS } from '../tuning.ts';

/** What is counted: sockets, sessions let in, signals, every other event, and the bytes of them all. */
export type Limited = 'connects' | 'joins' | 'signals' | 'events' | 'bytes';

/** On whose account something is. */
export interface Sender {
  address: string;
  /** Absent before it is known. */
  session?: string | undefined;
}

/** Points in a window, and the sockets of one address at a time. */
export type LimitTable = { readonly [Name in keyof typeof LIMITS]: number };

const WHOSE = { address: 'from this address', session: 'from this page' };

/** Somebody has sent more than is allowed in a time. */
export class OverLimit extends MeshError {
  constructor(
    what: Limited,
    whose: keyof typeof WHOSE,
    waitMs: number,
    /** How many times what is allowed has been asked for in this window. */
    readonly times: number,
  ) {
    const waitS = Math.max(1, Math.ceil(waitMs / 1_000));
    super('rate-limited', `Too many ${what} ${WHOSE[whose]}. Wait ${waitS} s and try again.`);
  }
}

/**
 * How much one address and one session may send in a time, so that a flood costs others nothing. Fixed windows, counted by
 * rate-limiter-flexible, which forgets a sender when its window ends: in memory, or in Redis for all instances together, and in
 * memory again while Redis does not answer. Open sockets are counted by each instance for itself.
 */
export class Limits {
  readonly #counters: Record<Limited, { address: RateLimiterAbstract; session: RateLimiterAbstract | null }> | null;
  readonly #sockets = new Map<string, number>();
  readonly #maxSockets: number;

  /** @param factor multiplies the table; 0 switches every limit off. */
  constructor(factor: number, table: LimitTable = LIMITS, redis?: Redis) {
    const counter = (name: string, points: number) => {
      const options = { keyPrefix: `p2c2r:limit:${name}`, points: points * factor, duration: table.windowS };
      const memory = new RateLimiterMemory(options);
      return redis ? new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: memory }) : memory;
    };
    const pair = (what: Limited, perAddress: number, perSession: number | null) => ({
      address: counter(`${what} address`, perAddress),
      session: perSession === null ? null : counter(`${what} session`, perSession),
    });
    this.#maxSockets = factor === 0 ? Number.POSITIVE_INFINITY : table.socketsPerAddress * factor;
    this.#counters =
      factor === 0
        ? null
        : {
            connects: pair('connects', table.connectsPerAddress, null),
            joins: pair('joins', table.joinsPerAddress, table.joinsPerSession),
            signals: pair('signals', table.signalsPerAddress, table.signalsPerSession),
            events: pair('events', table.eventsPerAddress, table.eventsPerSession),
            bytes: pair('bytes', table.bytesPerAddress, table.bytesPerSession),
          };
  }

  /**
   * Takes from what the sender may still send; one without a session is held to what a session may.
   * @throws OverLimit
   */
  async spend(what: Limited, { address, session = address }: Sender, points = 1): Promise<void> {
    const counters = this.#counters?.[what];
    if (!counters) return;
    await consume(counters.session, session, points, (left, times) => new OverLimit(what, 'session', left, times));
    await consume(counters.address, address, points, (left, times) => new OverLimit(what, 'address', left, times));
  }

  /** @throws MeshError `rate-limited` when the address has as many sockets open as it may. */
  checkSockets(address: string): void {
    if ((this.#sockets.get(address) ?? 0) < this.#maxSockets) return;
    throw new MeshError('rate-limited', 'This address has too many connections open. Close some, then try again.');
  }

  /** @returns to be called when it is closed. */
  socketOpened(address: string): () => void {
    this.#sockets.set(address, (this.#sockets.get(address) ?? 0) + 1);
    return () => {
      const left = (this.#sockets.get(address) ?? 1) - 1;
      if (left > 0) this.#sockets.set(address, left);
      else this.#sockets.delete(address);
    };
  }
}

async function consume(
  counter: RateLimiterAbstract | null,
  key: string,
  points: number,
  toError: (waitMs: number, times: number) => OverLimit,
): Promise<void> {
  if (!counter) return;
  try {
    await counter.consume(key, points);
  } catch (cause) {
    if (!(cause instanceof RateLimiterRes)) throw cause;
    throw toError(cause.msBeforeNext, cause.consumedPoints / counter.points);
  }
}

import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { MeshError } from '../../shared/errors.ts';

/**
 * What one address (IPv4, or an IPv6 /64) and one session may send in a window; LIMIT_FACTOR multiplies each. A whole household or
 * school may share an address.
 */
export const LIMITS = {
  windowS: 10,
  /** New sockets: a hundred pages behind one address that all reconnect, and again those that were refused. */
  connectsPerAddress: 200,
  /** Fewer than new sockets, because a refused join is answered, so the page can say why. */
  joinsPerAddress: 150,
  /** Codes of invites that are looked up: a class that types one each, and again where it was wrong. */
  codesPerAddress: 20,
  /** A page that reconnects as fast as it can joins ten times in a window. */
  joinsPerSession: 20,
  /** A volunteer that meets the maximum of 64 gamers, with an answer and twenty candidates each. */
  signalsPerSession: 2_000,
  signalsPerAddress: 8_000,
  /** All other events: a gamer's report on each of 16 volunteers every second, and clicks. */
  eventsPerSession: 200,
  eventsPerAddress: 4_000,
  /** An offer is under 20 kB, a candidate under 1 kB. */
  bytesPerSession: 4 * 1024 * 1024,
  bytesPerAddress: 32 * 1024 * 1024,
  /** A socket that sends this many times its limit ignores refusals and is dropped. */
  dropAtTimes: 3,
  /** Open sockets of one address at the same time. */
  socketsPerAddress: 1_000,
} as const;

/** What is counted: new sockets, joins, codes that are looked up, signals, all other events, and the bytes of everything. */
export type Limited = 'connects' | 'joins' | 'codes' | 'signals' | 'events' | 'bytes';

/** A network whose members together may use `times` the allowance of one address. */
export interface LimitedNetwork {
  /** Its name in the counters, a hash. */
  key: string;
  times: number;
}

/** Whose limits an event counts against. */
export interface Sender {
  /** Narrowest first, which is the address itself. */
  networks: readonly [LimitedNetwork, ...LimitedNetwork[]];
  /** Undefined until it is known. */
  session?: string | undefined;
}

/** {@link LIMITS} with other numbers. */
export type LimitTable = { readonly [Name in keyof typeof LIMITS]: number };

const WHOSE = { network: 'from this network', address: 'from this address', session: 'from this page' };

/** A sender exceeded a limit. */
export class OverLimit extends MeshError {
  constructor(
    what: Limited,
    whose: keyof typeof WHOSE,
    waitMs: number,
    /** What was sent in this window, as a multiple of the limit. */
    readonly times: number,
  ) {
    const waitS = Math.max(1, Math.ceil(waitMs / 1_000));
    const tooMany = what === 'codes' ? 'codes were tried from your network' : `${what} ${WHOSE[whose]}`;
    super('rate-limited', `Too many ${tooMany}. Wait ${waitS} s and try again.`);
  }
}

/**
 * Limits what one address and one session may send, so that a flood does not slow others down, and how many sockets and sessions the
 * networks around an address may open, so that one /48 cannot take every place. The limits of sessions then limit what a network sends.
 *
 * rate-limiter-flexible counts in fixed windows and forgets a sender when its window ends. It counts in memory, or in Redis for all
 * instances together; while Redis does not answer, in memory. Each instance counts its own open sockets.
 */
export class Limits {
  readonly #counters: Record<Limited, Counters> | null;
  readonly #sockets = new Map<string, number>();
  readonly #maxSockets: number;

  /** @param factor multiplies the table; 0 switches all limits off. */
  constructor(factor: number, table: LimitTable = LIMITS, redis?: Redis) {
    const counter = (name: string, points: number): RateLimiterAbstract => {
      const options = { keyPrefix: `p2c2r:limit:${name}`, points: points * factor, duration: table.windowS };
      const memory = new RateLimiterMemory(options);
      return redis ? new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: memory }) : memory;
    };
    const pair = (what: Limited, perAddress: number, perSession: number | null, areWiderLimited = false): Counters => ({
      address: counter(`${what} address`, perAddress),
      wider: areWiderLimited ? new WiderCounters((times) => counter(`${what} network`, perAddress * times)) : null,
      session: perSession === null ? null : counter(`${what} session`, perSession),
    });
    this.#maxSockets = factor === 0 ? Number.POSITIVE_INFINITY : table.socketsPerAddress * factor;
    this.#counters =
      factor === 0
        ? null
        : {
            connects: pair('connects', table.connectsPerAddress, null, true),
            joins: pair('joins', table.joinsPerAddress, table.joinsPerSession, true),
            codes: pair('codes', table.codesPerAddress, null, true),
            signals: pair('signals', table.signalsPerAddress, table.signalsPerSession),
            events: pair('events', table.eventsPerAddress, table.eventsPerSession),
            bytes: pair('bytes', table.bytesPerAddress, table.bytesPerSession),
          };
  }

  /**
   * Counts what a sender sent. Before its session is known, its address is also held to the limits of one session.
   * @throws OverLimit
   */
  async spend(what: Limited, { networks, session }: Sender, points = 1): Promise<void> {
    const counters = this.#counters?.[what];
    if (!counters) return;
    const [{ key: address }, ...wider] = networks;
    const over = (whose: keyof typeof WHOSE) => (leftMs: number, times: number) =>
      new OverLimit(what, whose, leftMs, times);
    await consume(counters.session, session ?? address, points, over('session'));
    await consume(counters.address, address, points, over('address'));
    // In this order: events that are refused to an address must not count for its neighbours.
    for (const { key, times } of wider) await consume(counters.wider?.of(times) ?? null, key, points, over('network'));
  }

  /** @throws MeshError `rate-limited` when the address, or a network around it, has too many open sockets. */
  checkSockets(networks: Sender['networks']): void {
    if (networks.every(({ key, times }) => (this.#sockets.get(key) ?? 0) < this.#maxSockets * times)) return;
    throw new MeshError('rate-limited', 'This address has too many connections open. Close some, then try again.');
  }

  /** @returns a function to call when the socket is closed. */
  socketOpened(networks: Sender['networks']): () => void {
    for (const { key } of networks) this.#sockets.set(key, (this.#sockets.get(key) ?? 0) + 1);
    return () => {
      for (const { key } of networks) {
        const left = (this.#sockets.get(key) ?? 1) - 1;
        if (left > 0) this.#sockets.set(key, left);
        else this.#sockets.delete(key);
      }
    };
  }
}

interface Counters {
  address: RateLimiterAbstract;
  /** Null: only the address itself is limited. */
  wider: WiderCounters | null;
  session: RateLimiterAbstract | null;
}

/** Counters of networks, one for each size of allowance. */
class WiderCounters {
  readonly #byTimes = new Map<number, RateLimiterAbstract>();

  constructor(private readonly make: (times: number) => RateLimiterAbstract) {}

  of(times: number): RateLimiterAbstract {
    const counter = this.#byTimes.get(times) ?? this.make(times);
    this.#byTimes.set(times, counter);
    return counter;
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

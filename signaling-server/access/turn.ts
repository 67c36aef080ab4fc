import { createHash, createHmac } from 'node:crypto';
import type { Redis } from 'ioredis';
import { MeshError } from '../../shared/errors.ts';
import type { IceGrant } from '../../shared/signaling.ts';
import type { ServerClock } from '../clock.ts';
import { RateLimit } from './rate-limit.ts';

/** The part of the server's configuration that concerns STUN and TURN. */
export interface IceConfig {
  iceServers: IceGrant['iceServers'];
  turnUrls: string[];
  turnSecret: string;
  turnTtlS: number;
}

/** Credentials for a page that knows nobody yet: enough to test whether it can reach the relay. */
export const CONNECTION_TEST = {
  maxValidS: 60,
  /** Tests of one address in a window: enough for the pages of a household, each reloaded a few times. */
  perAddress: 20,
  /** The same of the widest network around an address, as a multiple: a site may have 65,536 addresses to test from. */
  networkTimes: 8,
  windowMs: 600_000,
  maxAddresses: 10_000,
} as const;

/**
 * How many users of the relay the addresses of a site share: a provider gives a site up to 65,536 addresses, each of which would otherwise
 * have the quota of a user (`user-quota` in deploy/turnserver.conf). LIMIT_FACTOR multiplies it.
 */
export const RELAY_USERS_PER_SITE = 4;

/** Whoever is given credentials. */
export interface RelaySession {
  /** The session's id. */
  id: string;
  /** That its socket comes from, hashed, narrowest first; empty while it has none. */
  networks: readonly string[];
}

/**
 * Makes an entry of the list of ICE servers with credentials that expire. They follow coturn's REST scheme (`use-auth-secret`,
 * draft-uberti-behave-turn-rest-00): the username is the expiry in seconds of the Unix epoch and the user; the credential is its HMAC-SHA1
 * under the secret shared with the TURN server.
 * @param user whose quota at the relay counts
 * @param nowMs ms since the Unix epoch
 * @param validS how long the credentials open new connections
 */
export function turnServerFor(
  user: string,
  { turnUrls, turnSecret }: Pick<IceConfig, 'turnUrls' | 'turnSecret'>,
  nowMs: number,
  validS: number,
): IceGrant['iceServers'][number] {
  const username = `${Math.floor(nowMs / 1_000) + validS}:${user}`;
  const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
  return { urls: turnUrls, username, credential };
}

/**
 * Decides who may use the relay, since traffic costs its owner money: sessions that are introduced to somebody, for as long as they are. A
 * page that has only joined a room has nobody to connect to. A stranger makes as many sessions as it likes and introduces them to each other,
 * and what they open at the relay outlives the credential. So all sessions of an address are one user there, with one quota.
 */
export class RelayAccess {
  /** Whether there is a relay at all. */
  readonly isThere: boolean;
  /** The ICE servers for a session that is introduced to nobody: those that are no secret. */
  readonly open: IceGrant;
  /** Of an address, and of the widest network around it; null: without a limit. */
  readonly #tests: { address: RateLimit; network: RateLimit } | null;

  /**
   * @param config `limitFactor` multiplies how many connections an address may test, and the users that it is at the relay; 0: without limits,
   *   each session is a user
   * @param redis counts for all instances together
   */
  constructor(
    private readonly config: IceConfig & { limitFactor: number },
    private readonly clock: Pick<ServerClock, 'epochMs'>,
    redis?: Redis,
  ) {
    const { iceServers, turnUrls, limitFactor } = config;
    const open = iceServers.filter(({ credential }) => credential === undefined);
    this.open = { iceServers: open, iceValidS: null };
    this.isThere = turnUrls.length > 0 || open.length < iceServers.length;
    const { perAddress, networkTimes, windowMs, maxAddresses } = CONNECTION_TEST;
    const limit = (of: string, times: number) => {
      const options = { events: perAddress * times * limitFactor, windowMs, maxKeys: maxAddresses, redis };
      return new RateLimit({ ...options, keyPrefix: `p2c2r:limit:connection tests ${of}` });
    };
    this.#tests = limitFactor === 0 ? null : { address: limit('address', 1), network: limit('network', networkTimes) };
  }

  /** For a session that was introduced to somebody. */
  grant(session: RelaySession): IceGrant {
    const { iceServers, turnTtlS } = this.config;
    return this.#grant(session, iceServers, turnTtlS);
  }

  /**
   * For a session that tests its connection before it knows anybody.
   * @throws MeshError `rate-limited` when its address, or the network around it, has tested too often
   */
  async testGrant(session: RelaySession): Promise<IceGrant> {
    const { turnUrls, turnTtlS } = this.config;
    // Those of ICE_SERVERS do not expire, so a test cannot have them.
    if (turnUrls.length === 0) return this.open;
    const { address, site } = placeOf(session);
    // In this order: what is refused to an address must not count for its neighbours.
    const isAllowed =
      !this.#tests || ((await this.#tests.address.take(address)) && (await this.#tests.network.take(site)));
    if (!isAllowed)
      throw new MeshError('rate-limited', 'Too many connection tests from this address. Wait ten minutes.');
    return this.#grant(session, this.open.iceServers, Math.min(CONNECTION_TEST.maxValidS, turnTtlS));
  }

  #grant(session: RelaySession, iceServers: IceGrant['iceServers'], validS: number): IceGrant {
    if (this.config.turnUrls.length === 0) return { iceServers, iceValidS: null };
    const server = turnServerFor(this.#userOf(session), this.config, this.clock.epochMs(), validS);
    return { iceServers: [...iceServers, server], iceValidS: validS };
  }

  #userOf(session: RelaySession): string {
    const { limitFactor, turnSecret } = this.config;
    if (limitFactor === 0) return session.id;
    const { address, site } = placeOf(session);
    const user = `${site} ${numberOf(address) % RELAY_USERS_PER_SITE} ${numberOf(session.id) % limitFactor}`;
    // Hashed once more: the relay's log need not tell which user and which limit belong together.
    return createHmac('sha256', turnSecret).update(`relay user ${user}`).digest('base64url').slice(0, USER_CHARS);
  }
}

/** 96 bits: no two users share a quota by chance. */
const USER_CHARS = 16;

/** The address of a session, and the widest network around it. */
function placeOf({ networks }: RelaySession): { address: string; site: string } {
  const [address = '', ...around] = networks;
  return { address, site: around.at(-1) ?? address };
}

/** Spreads texts evenly over the 32-bit numbers. */
function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}

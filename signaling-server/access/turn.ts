import { createHmac } from 'node:crypto';
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
 * Makes the list of ICE servers for a session: those of ICE_SERVERS, and those of TURN_URLS with expiring credentials of its own.
 * The credentials follow coturn's REST scheme (`use-auth-secret`, draft-uberti-behave-turn-rest-00): the username is the expiry
 * in seconds of the Unix epoch and the session's id; the credential is its HMAC-SHA1 under the secret shared with the TURN server.
 * @param user whose quota at the relay counts: the session's id, but for tests
 * @param nowMs ms since the Unix epoch
 * @param validS how long the credentials open new connections
 */
export function iceGrantFor(user: string, config: IceConfig, nowMs: number, validS = config.turnTtlS): IceGrant {
  const { iceServers, turnUrls, turnSecret } = config;
  if (turnUrls.length === 0) return { iceServers, iceValidS: null };
  const username = `${Math.floor(nowMs / 1_000) + validS}:${user}`;
  const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
  return { iceServers: [...iceServers, { urls: turnUrls, username, credential }], iceValidS: validS };
}

/**
 * Decides who may use the relay, since traffic costs its owner money: sessions that are introduced to somebody, for as long as they are. A
 * page that has only joined a room has nobody to connect to.
 */
export class RelayAccess {
  /** Whether there is a relay at all. */
  readonly isThere: boolean;
  /** The ICE servers for a session that is introduced to nobody: those that are no secret. */
  readonly open: IceGrant;
  /** Of an address, and of the widest network around it; null: without a limit. */
  readonly #tests: { address: RateLimit; network: RateLimit } | null;

  /**
   * @param config `limitFactor` multiplies how many connections an address may test; 0: without a limit
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
  grant(sessionId: string): IceGrant {
    return iceGrantFor(sessionId, this.config, this.clock.epochMs());
  }

  /**
   * For a session that tests its connection before it knows anybody. What is opened at the relay may outlive the credential, and a stranger has as
   * many sessions as it likes: all tests of an address share the quota of one user there.
   * @param networks that its socket comes from, hashed, narrowest first
   * @throws MeshError `rate-limited` when its address, or the network around it, has tested too often
   */
  async testGrant(networks: readonly string[]): Promise<IceGrant> {
    const { turnUrls, turnTtlS, turnSecret } = this.config;
    // Those of ICE_SERVERS do not expire, so a test cannot have them.
    if (turnUrls.length === 0) return this.open;
    const [address = '', ...around] = networks;
    // In this order: what is refused to an address must not count for its neighbours.
    const isAllowed =
      !this.#tests ||
      ((await this.#tests.address.take(address)) && (await this.#tests.network.take(around.at(-1) ?? address)));
    if (!isAllowed)
      throw new MeshError('rate-limited', 'Too many connection tests from this address. Wait ten minutes.');
    const validS = Math.min(CONNECTION_TEST.maxValidS, turnTtlS);
    const config = { ...this.config, iceServers: this.open.iceServers };
    // Hashed once more: the relay's log need not tell which test and which limit belong together.
    const user = createHmac('sha256', turnSecret)
      .update(`test ${address}`)
      .digest('base64url')
      .slice(0, TEST_USER_CHARS);
    return iceGrantFor(`test-${user}`, config, this.clock.epochMs(), validS);
  }
}

/** 96 bits: no two addresses share a quota by chance. */
const TEST_USER_CHARS = 16;

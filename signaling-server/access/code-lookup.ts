import type { Redis } from 'ioredis';
import { MeshError } from '../../shared/errors.ts';
import type { RefusalReason } from '../../shared/server-status.ts';
import type { FoundInvite } from '../../shared/signaling.ts';
import type { InviteCodes } from './invite-codes.ts';
import { WrongInvite } from './invites.ts';
import { LockedOut, minutesOf } from './lock-out.ts';
import { RateLimit } from './rate-limit.ts';

/**
 * Wrong codes that are answered in a window; LIMIT_FACTOR multiplies them. They block codes only, never invites: who tries codes that have ended may
 * hold a link that is good. docs/threat-model.md (Guessing of codes) computes from them why guessing is hopeless.
 */
export const GUESSES = {
  windowMs: 600_000,
  ofAddress: 10,
  ofSite: 40,
  /** `limit` from any of its sites, `limitForNewSites` with the first guesses of the others. */
  ofProvider: { limit: 160, limitForNewSites: 800 },
  ofEverybody: { limit: 3_000, limitForNewSites: 30_000 },
  /** How long a wrong guess keeps a site from being answered beyond `limit`. */
  rememberedMs: 24 * 3_600_000,
  /** Of each kind. More than the sites that are answered in a window, so that none is forgotten within it. */
  maxNetworks: 40_000,
} as const;

/** The networks of who asks, hashed. */
export interface Requester {
  /** Narrowest first. */
  networks: readonly [Network, ...Network[]];
  /** The network of their provider, see `hashedProviderOf`. */
  provider: string;
}
type Network = { key: string; times: number };

interface Parts {
  codes: Pick<InviteCodes, 'find'>;
  /** Counts a request. Throws MeshError `rate-limited`. */
  spend(networks: Requester['networks']): Promise<void>;
  /** Counts refusals in the metrics. */
  refused(reason: RefusalReason): void;
  /** See LIMIT_FACTOR; 0 switches the limits off. */
  limitFactor: number;
  /** Shares the limits with all instances. */
  redis?: Redis | undefined;
}

/** Answers who asks what a code stands for, as long as there were not too many wrong codes from where they are. */
export class CodeLookup {
  readonly #wrong: WrongCodes | null;

  constructor(private readonly parts: Parts) {
    this.#wrong = parts.limitFactor === 0 ? null : new WrongCodes(parts.limitFactor, parts.redis);
  }

  /** @throws MeshError `not-invited`, `rate-limited` */
  async find(code: string, requester: Requester): Promise<FoundInvite> {
    try {
      return await this.#find(code, requester);
    } catch (cause) {
      if (cause instanceof MeshError) this.parts.refused(cause instanceof LockedOut ? 'locked-out' : cause.reason);
      throw cause;
    }
  }

  async #find(code: string, requester: Requester): Promise<FoundInvite> {
    // First: who is locked out learns for how long, whatever else is too much.
    await this.#wrong?.check(requester);
    await this.parts.spend(requester.networks);
    return this.parts.codes.find(code).catch(async (cause: unknown) => {
      if (cause instanceof WrongInvite) await this.#wrong?.count(requester);
      throw cause;
    });
  }
}

/** Counts wrong codes, for {@link GUESSES}. */
class WrongCodes {
  readonly #address: RateLimit;
  readonly #site: RateLimit;
  /** Sites with a wrong guess. */
  readonly #known: RateLimit;
  readonly #shared: { key: (requester: Requester) => string; limit: RateLimit; limitForNewSites: RateLimit }[];

  constructor(factor: number, redis: Redis | undefined) {
    const { windowMs, ofAddress, ofSite, ofProvider, ofEverybody, rememberedMs, maxNetworks: maxKeys } = GUESSES;
    const limiter = (name: string, events: number, blockMs: number = windowMs) => {
      // The limiter blocks only above its limit, but the last of them already locks.
      const options = { events: events - 1, windowMs: blockMs, blockMs, maxKeys, redis };
      return new RateLimit({ ...options, keyPrefix: `p2c2r:limit:wrong codes of ${name}` });
    };
    const shared = (name: string, { limit, limitForNewSites }: { limit: number; limitForNewSites: number }) => ({
      limit: limiter(name, limit * factor),
      limitForNewSites: limiter(`${name}, at most`, limitForNewSites * factor),
    });
    this.#address = limiter('an address', ofAddress * factor);
    this.#site = limiter('a site', ofSite * factor);
    this.#known = limiter('a known site', 1, rememberedMs);
    this.#shared = [
      { key: ({ provider }) => provider, ...shared('a provider', ofProvider) },
      { key: () => 'everybody', ...shared('everybody', ofEverybody) },
    ];
  }

  /** @throws LockedOut where they come from, MeshError `rate-limited` while everybody together guesses too much */
  async check(requester: Requester): Promise<void> {
    const { address, site } = addressAndSiteOf(requester);
    const waits = await Promise.all([this.#address.blockedForMs(address), this.#site.blockedForMs(site)]);
    const waitMs = Math.max(...waits);
    if (waitMs > 0) throw lockedOut(waitMs);
    for (const shared of this.#shared) {
      const key = shared.key(requester);
      const [limitMs, newSitesMs, knownMs] = await Promise.all([
        shared.limit.blockedForMs(key),
        shared.limitForNewSites.blockedForMs(key),
        this.#known.blockedForMs(site),
      ]);
      const sharedMs = knownMs > 0 ? Math.max(limitMs, newSitesMs) : newSitesMs;
      if (sharedMs === 0) continue;
      if (key === requester.provider) throw lockedOut(sharedMs);
      throw new MeshError(
        'rate-limited',
        `Too many wrong codes came to this server, so it reads none from your network for ${minutesOf(sharedMs)}. Ask for the whole link.`,
      );
    }
  }

  async count(requester: Requester): Promise<void> {
    const { address, site } = addressAndSiteOf(requester);
    const shared = this.#shared.flatMap(({ key, limit, limitForNewSites }) =>
      [limit, limitForNewSites].map((rateLimit) => rateLimit.take(key(requester))),
    );
    await Promise.all([this.#address.take(address), this.#site.take(site), this.#known.take(site), ...shared]);
  }
}

function addressAndSiteOf({ networks }: Requester): { address: string; site: string } {
  const [address, site = address] = [networks[0], networks.at(-1)];
  return { address: address.key, site: site.key };
}

const lockedOut = (waitMs: number) =>
  new LockedOut(
    `Too many codes were tried from your network. Wait ${minutesOf(waitMs)}, or ask for the whole link, which works now.`,
  );

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
 * hold a link that is good.
 *
 * Why guessing is hopeless: there are 2^40 = 1.1e12 codes. A site (/24, /48) guesses 40 in 10 min, 5,760 a day, which hit a given code within its day
 * with a probability of 5e-9. All attackers together guess 3,000 in 10 min, 432,000 a day: 4e-7.
 *
 * Why guessing does not switch codes off for others: beyond what a provider (/16, /32) or everybody may guess, sites that made no wrong guess for a day
 * are still answered. That gives who has many sites one more guess a day for each, 65,536 of a whole /32. These are bounded as well, so the worst is
 * 30,000 in 10 min, 4.3 million a day: 4e-6 for a given code; of a store full of 10,000 codes, none of which has
 * ended, one is hit in 25 days. Its invite admits to one room; who has come in by it may come back for a week (`PASS_VALID_S`), until the owner, who sees
 * it, removes it. Only who spends 30,000 guesses in 10 min, 800 for each of 38 providers, from a site
 * of their own nearly each, stops codes for everybody, while links work.
 *
 * Requests that arrive at the same moment are all answered before they count; `LIMITS` keeps those to 20 of an address and 160 of a site.
 */
export const GUESSES = {
  windowMs: 600_000,
  ofAddress: 10,
  ofSite: 40,
  /** `most` from any of its sites, `atMost` with the first guesses of the others. */
  ofProvider: { most: 160, atMost: 800 },
  ofEverybody: { most: 3_000, atMost: 30_000 },
  /** How long a wrong guess keeps a site from being answered beyond `most`. */
  rememberedMs: 24 * 3_600_000,
  /** Of each kind. More than the sites that are answered in a window, so that none is forgotten within it. */
  maxNetworks: 40_000,
} as const;

/** The networks of who asks, hashed. */
export interface Asker {
  /** Narrowest first. */
  networks: readonly [Network, ...Network[]];
  /** The network of their provider, see `hashedProviderOf`. */
  provider: string;
}
type Network = { key: string; times: number };

interface Parts {
  codes: Pick<InviteCodes, 'find'>;
  /** Counts a request. Throws MeshError `rate-limited`. */
  spend(networks: Asker['networks']): Promise<void>;
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
  async find(code: string, asker: Asker): Promise<FoundInvite> {
    try {
      return await this.#find(code, asker);
    } catch (cause) {
      if (cause instanceof MeshError) this.parts.refused(cause instanceof LockedOut ? 'locked-out' : cause.reason);
      throw cause;
    }
  }

  async #find(code: string, asker: Asker): Promise<FoundInvite> {
    // First: who is locked out learns for how long, whatever else is too much.
    await this.#wrong?.check(asker);
    await this.parts.spend(asker.networks);
    return this.parts.codes.find(code).catch(async (cause: unknown) => {
      if (cause instanceof WrongInvite) await this.#wrong?.count(asker);
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
  readonly #shared: { key: (asker: Asker) => string; most: RateLimit; atMost: RateLimit }[];

  constructor(factor: number, redis: Redis | undefined) {
    const { windowMs, ofAddress, ofSite, ofProvider, ofEverybody, rememberedMs, maxNetworks: maxKeys } = GUESSES;
    const limit = (name: string, most: number, blockMs: number = windowMs) => {
      // The limiter blocks only above its limit, but the last of them already locks.
      const options = { events: most - 1, windowMs: blockMs, blockMs, maxKeys, redis };
      return new RateLimit({ ...options, keyPrefix: `p2c2r:limit:wrong codes of ${name}` });
    };
    const shared = (name: string, { most, atMost }: { most: number; atMost: number }) => ({
      most: limit(name, most * factor),
      atMost: limit(`${name}, at most`, atMost * factor),
    });
    this.#address = limit('an address', ofAddress * factor);
    this.#site = limit('a site', ofSite * factor);
    this.#known = limit('a known site', 1, rememberedMs);
    this.#shared = [
      { key: ({ provider }) => provider, ...shared('a provider', ofProvider) },
      { key: () => 'everybody', ...shared('everybody', ofEverybody) },
    ];
  }

  /** @throws LockedOut where they come from, MeshError `rate-limited` while everybody together guesses too much */
  async check(asker: Asker): Promise<void> {
    const { address, site } = ends(asker);
    const waits = await Promise.all([this.#address.blockedForMs(address), this.#site.blockedForMs(site)]);
    const waitMs = Math.max(...waits);
    if (waitMs > 0) throw lockedOut(waitMs);
    for (const shared of this.#shared) {
      const key = shared.key(asker);
      const [mostMs, atMostMs, knownMs] = await Promise.all([
        shared.most.blockedForMs(key),
        shared.atMost.blockedForMs(key),
        this.#known.blockedForMs(site),
      ]);
      const sharedMs = knownMs > 0 ? Math.max(mostMs, atMostMs) : atMostMs;
      if (sharedMs === 0) continue;
      if (key === asker.provider) throw lockedOut(sharedMs);
      throw new MeshError(
        'rate-limited',
        `Too many wrong codes came to this server, so it reads none from your network for ${minutesOf(sharedMs)}. Ask for the whole link.`,
      );
    }
  }

  async count(asker: Asker): Promise<void> {
    const { address, site } = ends(asker);
    const shared = this.#shared.flatMap(({ key, most, atMost }) =>
      [most, atMost].map((limit) => limit.take(key(asker))),
    );
    await Promise.all([this.#address.take(address), this.#site.take(site), this.#known.take(site), ...shared]);
  }
}

function ends({ networks }: Asker): { address: string; site: string } {
  const [address, site = address] = [networks[0], networks.at(-1)];
  return { address: address.key, site: site.key };
}

const lockedOut = (waitMs: number) =>
  new LockedOut(
    `Too many codes were tried from your network. Wait ${minutesOf(waitMs)}, or ask for the whole link, which works now.`,
  );

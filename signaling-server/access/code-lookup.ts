import type { Redis } from 'ioredis';
import { MeshError } from '../../shared/errors.ts';
import type { RefusalReason } from '../../shared/server-status.ts';
import type { FoundInvite } from '../../shared/signaling.ts';
import type { InviteCodes } from './invite-codes.ts';
import { WrongInvite } from './invites.ts';
import { LockedOut, type LockOut } from './lock-out.ts';
import { RateLimit } from './rate-limit.ts';

/**
 * Wrong codes that are answered; LIMIT_FACTOR multiplies them. Why guessing is hopeless: there are 2^40 = 1.1e12 codes. An address (IPv4, IPv6 /64)
 * is locked out after 10 wrong ones for 10 min (`WRONG_INVITES`), and its site (/24, /48) after 40, so 65,536 networks of one /48 guess no more than four
 * addresses: 40 in 10 min are 5,760 a day, which hit a given code within its day with a probability of 5e-9. With any number of addresses it is 3,000
 * in 10 min for the whole server, 432,000 a day: 4e-7 for a given code; of a store full of 10,000 codes, none of which has ended, one is hit in 250
 * days. That gives an invite which ends with the code, within a day, and admits a volunteer to one room, or a gamer who may not invite anybody; who has
 * come in by then stays, and may come back for a week (`PASS_VALID_S`), until the owner, who sees it, removes it. Requests that arrive at the same moment are all answered before
 * they count; the limits of joins (`LIMITS`) keep those to 20 of an address and 600 of a site.
 */
export const GUESSES = {
  windowMs: 600_000,
  /** From one site, the widest network around an address. */
  ofSite: 40,
  /** From everywhere. Beyond it codes are refused for the rest of the window, while links work. It takes 300 addresses to reach it. */
  ofAll: 3_000,
  maxSites: 10_000,
} as const;

/** A client's networks, hashed, narrowest first. */
type Networks = readonly [{ key: string; times: number }, ...{ key: string; times: number }[]];

interface Parts {
  codes: Pick<InviteCodes, 'find'>;
  lockOut: LockOut;
  /** Counts a request as a join. Throws MeshError `rate-limited`. */
  spendJoin(networks: Networks): Promise<void>;
  /** Counts refusals in the metrics. */
  refused(reason: RefusalReason): void;
  /** See LIMIT_FACTOR; 0 switches the limits off. */
  limitFactor: number;
  /** Shares the limits with all instances. */
  redis?: Redis | undefined;
}

/** Answers who asks what a code stands for. Wrong codes count as wrong invites do, and against the site and the server besides. */
export class CodeLookup {
  readonly #site: RateLimit | null;
  readonly #all: RateLimit | null;

  constructor(private readonly parts: Parts) {
    const { windowMs, ofSite, ofAll, maxSites } = GUESSES;
    const { limitFactor, redis } = parts;
    const limit = (name: string, most: number, maxKeys: number) => {
      // Like that of the lock-out: the last of them already locks.
      const options = { events: most * limitFactor - 1, windowMs, blockMs: windowMs, maxKeys, redis };
      return limitFactor === 0 ? null : new RateLimit({ ...options, keyPrefix: `p2c2r:limit:${name}` });
    };
    this.#site = limit('wrong codes of a site', ofSite, maxSites);
    this.#all = limit('wrong codes', ofAll, 1);
  }

  /** @throws MeshError `not-invited`, `rate-limited` */
  async find(code: string, networks: Networks): Promise<FoundInvite> {
    try {
      return await this.#find(code, networks);
    } catch (cause) {
      if (cause instanceof MeshError) this.parts.refused(cause instanceof LockedOut ? 'locked-out' : cause.reason);
      throw cause;
    }
  }

  async #find(code: string, networks: Networks): Promise<FoundInvite> {
    const { codes, lockOut, spendJoin } = this.parts;
    const [address, site = address] = [networks[0], networks.at(-1)];
    await spendJoin(networks);
    await lockOut.check(address.key);
    const [siteWaitMs = 0, allWaitMs = 0] = await Promise.all([
      this.#site?.blockedForMs(site.key),
      this.#all?.blockedForMs(EVERYBODY),
    ]);
    if (siteWaitMs > 0) throw new LockedOut(siteWaitMs);
    if (allWaitMs > 0) {
      const minutes = Math.ceil(allWaitMs / 60_000);
      throw new MeshError(
        'rate-limited',
        `Too many wrong codes came to this server, so it reads none for ${minutes} min. Ask for the whole link.`,
      );
    }
    return codes.find(code).catch(async (cause: unknown) => {
      if (cause instanceof WrongInvite) {
        await Promise.all([lockOut.count(address.key), this.#site?.take(site.key), this.#all?.take(EVERYBODY)]);
      }
      throw cause;
    });
  }
}

const EVERYBODY = 'all';

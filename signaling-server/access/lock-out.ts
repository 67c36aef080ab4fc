import type { Redis } from 'ioredis';
import { MeshError } from '../../shared/errors.ts';
import { RateLimit } from './rate-limit.ts';

/**
 * How many wrong invites lock an address out. Nobody mistypes ten links in a row. A single guess succeeds with a probability of 2^-256.
 */
export const WRONG_INVITES = {
  /** Wrong invites in one window that lock the address. */
  limit: 10,
  windowMs: 600_000,
  /** How long the lock lasts. */
  lockMs: 600_000,
  maxAddresses: 10_000,
} as const;

/** Too many wrong invites or codes came from this network, so what it sends is refused unread for a while. */
export class LockedOut extends MeshError {
  constructor(message: string) {
    super('rate-limited', message);
  }
}

/** How long a lock lasts, for people. */
export const minutesOf = (waitMs: number) => `${Math.max(1, Math.ceil(waitMs / 60_000))} min`;

/** Stops the guessing of invites: an address that sends too many wrong ones is locked out for a while. */
export class LockOut {
  readonly #limit: RateLimit | null;

  /**
   * @param factor multiplies how many invites may be wrong; 0 switches the lock-out off.
   * @param redis shares the lock-out with all instances.
   */
  constructor(factor: number, redis?: Redis) {
    const { limit, windowMs, lockMs, maxAddresses } = WRONG_INVITES;
    // The limiter blocks only above its limit, but the last of `limit` wrong invites must already lock.
    const events = limit * factor - 1;
    const options = { events, windowMs, blockMs: lockMs, maxKeys: maxAddresses, redis };
    this.#limit = factor === 0 ? null : new RateLimit({ ...options, keyPrefix: 'p2c2r:limit:wrong invites' });
  }

  /** @throws LockedOut */
  async check(address: string): Promise<void> {
    const waitMs = (await this.#limit?.blockedForMs(address)) ?? 0;
    if (waitMs === 0) return;
    throw new LockedOut(
      `Too many wrong invites came from your network. Wait ${minutesOf(waitMs)}, then try again with a new link.`,
    );
  }

  /** Counts a wrong invite. */
  async count(address: string): Promise<void> {
    await this.#limit?.take(address);
  }
}

import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { COORDINATOR } from '../tuning.ts';

interface Record {
  wrong: number;
  /** When the wrong ones are forgotten, or the lock opens. */
  endsAtMs: number;
}

/** An address has brought so many wrong invites that no more of it are looked at for a while. */
export class LockedOut extends MeshError {
  constructor(waitMs: number) {
    const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
    super(
      'rate-limited',
      `Too many wrong invites came from your network, so none is taken from it for ${minutes} min. Then try again with a new link.`,
    );
  }
}

/** Ends guessing: so many wrong invites lock an address out for a time. The addresses least recently seen are forgotten. */
export class LockOut {
  readonly #records: LRUCache<string, Record>;
  readonly #most: number;

  /** @param factor multiplies how many may be wrong; 0 never locks anybody out. */
  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    factor: number,
    private readonly limits: typeof COORDINATOR.wrongInvites = COORDINATOR.wrongInvites,
  ) {
    this.#records = new LRUCache({ max: limits.maxAddresses });
    this.#most = factor === 0 ? Number.POSITIVE_INFINITY : limits.most * factor;
  }

  /** @throws LockedOut */
  check(address: string): void {
    const { wrong, endsAtMs } = this.#recordOf(address);
    if (wrong >= this.#most) throw new LockedOut(endsAtMs - this.clock.now());
  }

  /** One more that was wrong. */
  count(address: string): void {
    const record = this.#recordOf(address);
    record.wrong++;
    if (record.wrong >= this.#most) record.endsAtMs = this.clock.now() + this.limits.lockMs;
    this.#records.set(address, record);
  }

  #recordOf(address: string): Record {
    const nowMs = this.clock.now();
    const record = this.#records.get(address);
    return record && record.endsAtMs > nowMs ? record : { wrong: 0, endsAtMs: nowMs + this.limits.windowMs };
  }
}

import { MeshError } from '../../shared/errors.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';

/** Memory that gamers may take up at a volunteer: transfers that are not complete, inputs of tasks, and results that wait to be sent. */
export const MEMORY = {
  /** Of one gamer: what an honest one has under way at most (`MAX_BYTES_IN_FLIGHT` and the largest task on top), and half as much again. */
  maxBytesPerGamer: 256 * 1024 * 1024,
  /** Of all gamers together: what a browser tab on a small machine can spare beside its models. */
  maxBytes: 768 * 1024 * 1024,
  /** A transfer that makes no progress for this long, ms, ends its link: the heartbeat gives up a silent connection far sooner. */
  stalledMs: 60_000,
} as const;

/** One gamer's part of a volunteer's memory. */
export interface MemoryUser {
  readonly heldBytes: number;
  /** Closes its link, which frees its memory. */
  evict(error: MeshError): void;
}

/** The memory that all gamers of one volunteer share. When the budget is exceeded, the gamer that holds the most memory is disconnected. */
export class MemoryBudget {
  readonly #users = new Set<MemoryUser>();

  add(user: MemoryUser): void {
    this.#users.add(user);
  }

  remove(user: MemoryUser): void {
    this.#users.delete(user);
  }

  get heldBytes(): number {
    let sizeBytes = 0;
    for (const user of this.#users) sizeBytes += user.heldBytes;
    return sizeBytes;
  }

  /** Whether this gamer may hold this much more. */
  hasCapacity(user: MemoryUser, moreBytes: number): boolean {
    return user.heldBytes + moreBytes <= MEMORY.maxBytesPerGamer && this.heldBytes + moreBytes <= MEMORY.maxBytes;
  }

  /** Call it when a part of a transfer has arrived: that memory was not granted by {@link hasCapacity}. */
  grown(user: MemoryUser): void {
    // A task that comes on top of the limit is handed back once it is complete; no honest gamer sends a second one.
    if (user.heldBytes > MEMORY.maxBytesPerGamer + TRANSFER.maxTransferBytes) this.#evict(user);
    else if (this.heldBytes > MEMORY.maxBytes)
      this.#evict([...this.#users].reduce((most, other) => (other.heldBytes > most.heldBytes ? other : most)));
  }

  #evict(user: MemoryUser): void {
    this.#users.delete(user);
    user.evict(
      new MeshError(
        'queue-full',
        'This volunteer has no memory left for your tasks. Send less at a time, or ask another.',
      ),
    );
  }
}

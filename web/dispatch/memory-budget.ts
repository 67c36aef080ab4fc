import { MeshError } from '../../shared/errors.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';

/**
 * Memory that the browsers at the other ends of links may take up here. At a volunteer: transfers that are not complete, inputs of tasks,
 * and results that wait to be sent. At a gamer: results that are not complete.
 */
export const MEMORY = {
  /** Of one link: what an honest gamer has under way at most (`MAX_BYTES_IN_FLIGHT` and the largest task on top), and half as much again. */
  maxBytesPerLink: 256 * 1024 * 1024,
  /** Of all links together: what a browser tab on a small machine can spare beside its models. */
  maxBytes: 768 * 1024 * 1024,
  /** A transfer that makes no progress for this long, ms, ends its link: the heartbeat gives up a silent connection far sooner. */
  stalledMs: 60_000,
} as const;

/** One link's part of the memory. */
export interface MemoryUser {
  readonly retainedBytes: number;
  /** Frees what only saves time. Undefined: there is nothing of the kind. */
  freeSpare?(): void;
  /** Closes its link, which frees its memory. */
  evict(error: MeshError): void;
}

/** The memory that all links of one side share. When the budget is exceeded, the link that holds the most memory is closed. */
export class MemoryBudget {
  readonly #users = new Set<MemoryUser>();

  add(user: MemoryUser): void {
    this.#users.add(user);
  }

  remove(user: MemoryUser): void {
    this.#users.delete(user);
  }

  get retainedBytes(): number {
    let sizeBytes = 0;
    for (const user of this.#users) sizeBytes += user.retainedBytes;
    return sizeBytes;
  }

  /** Whether this link may hold this much more. What only saves time gives way to it. */
  hasCapacity(user: MemoryUser, moreBytes: number): boolean {
    if (user.retainedBytes + moreBytes > MEMORY.maxBytesPerLink) user.freeSpare?.();
    if (this.retainedBytes + moreBytes > MEMORY.maxBytes) this.#freeSpare();
    return (
      user.retainedBytes + moreBytes <= MEMORY.maxBytesPerLink && this.retainedBytes + moreBytes <= MEMORY.maxBytes
    );
  }

  /** Call it when a part of a transfer has arrived: that memory was not granted by {@link hasCapacity}. */
  grown(user: MemoryUser): void {
    // A task that comes on top of the limit is handed back once it is complete; no honest gamer sends a second one.
    const isTooMuch = () => user.retainedBytes > MEMORY.maxBytesPerLink + TRANSFER.maxTransferBytes;
    const areTooMuch = () => this.retainedBytes > MEMORY.maxBytes;
    if (!isTooMuch() && !areTooMuch()) return;
    this.#freeSpare();
    if (isTooMuch()) this.#evict(user);
    else if (areTooMuch())
      this.#evict([...this.#users].reduce((most, other) => (other.retainedBytes > most.retainedBytes ? other : most)));
  }

  #freeSpare(): void {
    for (const user of this.#users) user.freeSpare?.();
  }

  #evict(user: MemoryUser): void {
    this.#users.delete(user);
    user.evict(
      new MeshError(
        'queue-full',
        'A link was closed because its tasks and results took up more memory than there is. Send less at a time, or use other machines.',
      ),
    );
  }
}

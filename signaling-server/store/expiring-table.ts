import type { Quota } from './store.ts';

export interface Expiring extends Quota {
  /** ms since the Unix epoch. */
  expiresAtMs: number;
}

/** Which limit of a table is reached. */
export type Full = keyof Quota | 'all';

/** Entries that must not be dropped before they expire. Their number is limited per room, per network and in total. */
export class ExpiringTable<Entry extends Expiring> {
  readonly #entries = new Map<string, Entry>();
  /** How many entries a room or a network has. */
  readonly #counts = new Map<string, number>();

  /** No entry expires before this time, ms since the Unix epoch. Saves a search of the whole table at every refusal. */
  #nextExpiryMs = Number.POSITIVE_INFINITY;

  /** @param onDelete called with every entry that is deleted or dropped */
  constructor(
    private readonly max: { room: number; network: number; all: number },
    private readonly onDelete: (entry: Entry) => void = () => {},
  ) {}

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  entries(): Iterable<[string, Entry]> {
    return this.#entries;
  }

  /** Drops expired entries if necessary. @returns the limit that is reached even then; null when one more entry fits */
  full(quota: Quota, nowMs: number): Full | null {
    if (this.#fullNow(quota) !== null) this.#dropExpired(nowMs);
    return this.#fullNow(quota);
  }

  set(key: string, entry: Entry): void {
    this.delete(key);
    this.#entries.set(key, entry);
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, entry.expiresAtMs);
    for (const owner of ownersOf(entry)) this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    for (const owner of ownersOf(entry)) {
      const left = (this.#counts.get(owner) ?? 1) - 1;
      if (left > 0) this.#counts.set(owner, left);
      else this.#counts.delete(owner);
    }
    this.onDelete(entry);
  }

  /** Drops the entry of a room that would expire first. */
  dropSoonestOf(room: string): void {
    let soonest: [string, Entry] | null = null;
    for (const [key, entry] of this.#entries) {
      if (entry.room === room && (!soonest || entry.expiresAtMs < soonest[1].expiresAtMs)) soonest = [key, entry];
    }
    if (soonest) this.delete(soonest[0]);
  }

  #fullNow(quota: Quota): Full | null {
    const [room, network] = ownersOf(quota);
    if ((this.#counts.get(room) ?? 0) >= this.max.room) return 'room';
    if ((this.#counts.get(network) ?? 0) >= this.max.network) return 'network';
    return this.#entries.size >= this.max.all ? 'all' : null;
  }

  #dropExpired(nowMs: number): void {
    if (nowMs < this.#nextExpiryMs) return;
    this.#nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const [key, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs <= nowMs) this.delete(key);
      else this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs);
    }
  }
}

const ownersOf = ({ room, network }: Quota): [string, string] => [`room ${room}`, `network ${network}`];

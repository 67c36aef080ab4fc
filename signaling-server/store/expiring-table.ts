import type { Quota } from './store.ts';

export interface Expiring extends Quota {
  /** ms since the Unix epoch. */
  expiresAtMs: number;
}

/** Which limit of a table is reached. */
export type Full = keyof Quota | 'all';

/** Entries with an end. Their number is limited per room, per network and in total. */
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

  /**
   * Makes space for an entry. At each limit that is reached, the entry that expires first is dropped of those that may be. Nothing is dropped
   * unless the entry then fits: whoever is refused must not have harmed anybody, and what a log of the successes leads to must not differ.
   * @param key an entry that has it already is replaced
   * @param mayDrop whether an entry may go when this limit is reached
   * @returns the limit that is reached even so; null when the entry fits
   */
  makeSpace(key: string, quota: Quota, nowMs: number, mayDrop: (entry: Entry, limit: Full) => boolean): Full | null {
    if (this.full(quota, nowMs) === null) return null;
    const dropped = new Map<string, Entry>();
    const replaced = this.#entries.get(key);
    if (replaced) dropped.set(key, replaced);
    for (const limit of LIMITS) {
      const counts = (entry: Quota) => limit === 'all' || entry[limit] === quota[limit];
      const gone = [...dropped.values()].filter(counts).length;
      if (this.#count(limit, quota) - gone < this.max[limit]) continue;
      let soonest: [string, Entry] | null = null;
      for (const [other, entry] of this.#entries) {
        if (soonest && entry.expiresAtMs >= soonest[1].expiresAtMs) continue;
        if (counts(entry) && !dropped.has(other) && mayDrop(entry, limit)) soonest = [other, entry];
      }
      if (!soonest) return limit;
      dropped.set(...soonest);
    }
    for (const other of dropped.keys()) this.delete(other);
    return null;
  }

  #fullNow(quota: Quota): Full | null {
    return LIMITS.find((limit) => this.#count(limit, quota) >= this.max[limit]) ?? null;
  }

  #count(limit: Full, quota: Quota): number {
    return limit === 'all' ? this.#entries.size : (this.#counts.get(`${limit} ${quota[limit]}`) ?? 0);
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

const LIMITS: readonly Full[] = ['room', 'network', 'all'];

const ownersOf = ({ room, network }: Quota): [string, string] => [`room ${room}`, `network ${network}`];

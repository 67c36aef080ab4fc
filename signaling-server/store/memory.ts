import { LRUCache } from 'lru-cache';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import { type Expiring, ExpiringTable, type Full } from './expiring-table.ts';
import {
  type Accused,
  addReport,
  type CountedInvite,
  ENDED_CODE_KEPT_MS,
  type KeptCode,
  MAX_SEALED_CHARS,
  type Quota,
  type Report,
  type Reporter,
  type Reputation,
  STORE_LIMITS,
  type Store,
  tooManyBans,
  tooManyCodes,
  tooManyUses,
  weigh,
} from './store.ts';

const id = z.string().max(128);
const count = z.int().min(0);

/** One fact that is kept across restarts. */
export const entrySchema = z.union([
  /**
   * Tasks that the gamers of a network reported about a volunteer; entries for the same volunteer and network add up. History id, completed,
   * failed, network. Older versions, which added up the reports of all networks, wrote no network.
   */
  z.tuple([z.literal('tasks'), id, count, count, id.optional()]),
  /** A gamer caught a volunteer: room, gamer, history id. */
  z.tuple([z.literal('accused'), id, id, id]),
  /** A counted invite admitted a session: invite, session, expiry of the invite in ms since the Unix epoch, room, network. */
  z.tuple([z.literal('used'), id, id, count, id, id]),
  /** A ban: what is banned, expiry in ms since the Unix epoch, room, network. */
  z.tuple([z.literal('banned'), id, count, id, id]),
  /** A code of an invite: id, what it stands for, its end in ms since the Unix epoch, room, network, the session that asked for it. */
  z.tuple([z.literal('code'), id, z.string().max(MAX_SEALED_CHARS), count, id, id, id]),
  /** A code ended early: id, when, in ms since the Unix epoch. */
  z.tuple([z.literal('code-ended'), id, count]),
]);
export type Entry = z.infer<typeof entrySchema>;

/** Which entries a new one may take the place of: those of the table, at a limit that is reached. */
type MayDrop<Item> = (entry: Item, limit: Full) => boolean;

type Use = Expiring & { invite: string; session: string };
type Code = Expiring & { sealed: string; maker: string };

/** A store in this process's memory. */
export class MemoryStore implements Store {
  /** History id -> what each network reported. */
  readonly #reputations = new LRUCache<string, LRUCache<string, Reputation>>({ max: STORE_LIMITS.maxReputations });
  readonly #partners = new LRUCache<string, LRUCache<string, number>>({ max: STORE_LIMITS.maxGamers });
  readonly #accused = new LRUCache<string, LRUCache<string, Set<string>>>({ max: STORE_LIMITS.maxRoomsWithAccused });
  /** Invite -> the sessions that used it. */
  readonly #sessionsOf = new Map<string, Set<string>>();
  readonly #uses = new ExpiringTable<Use>(
    {
      room: STORE_LIMITS.maxUsesPerRoom,
      network: STORE_LIMITS.maxUsesPerNetwork,
      all: STORE_LIMITS.maxUses,
    },
    ({ invite, session }) => {
      const sessions = this.#sessionsOf.get(invite);
      sessions?.delete(session);
      if (sessions?.size === 0) this.#sessionsOf.delete(invite);
    },
  );
  readonly #bans = new ExpiringTable<Expiring>({
    room: STORE_LIMITS.maxBansPerRoom,
    network: STORE_LIMITS.maxBansPerNetwork,
    all: STORE_LIMITS.maxBans,
  });
  readonly #codes = new ExpiringTable<Code>({
    room: STORE_LIMITS.maxCodesPerRoom,
    network: STORE_LIMITS.maxCodesPerNetwork,
    all: STORE_LIMITS.maxCodes,
  });

  constructor(private readonly clock: Pick<ServerClock, 'epochMs'>) {}

  async reputation(historyId: string): Promise<Reputation> {
    return weigh(this.#reputations.get(historyId)?.values() ?? []);
  }

  async partners(gamerId: string): Promise<ReadonlyMap<string, number>> {
    return new Map(this.#partners.get(gamerId)?.entries());
  }

  async record({ gamerId, network }: Reporter, historyId: string, report: Report): Promise<void> {
    const { completed, failed, rttMs } = report;
    this.#credit(historyId, network, { completed, failed });
    const partners = this.#partners.get(gamerId) ?? new LRUCache({ max: STORE_LIMITS.maxPartnersPerGamer });
    partners.set(historyId, rttMs);
    this.#partners.set(gamerId, partners);
  }

  async accused(roomKey: string): Promise<Accused> {
    return new Map([...(this.#accused.get(roomKey)?.entries() ?? [])].map(([id, gamers]) => [id, new Set(gamers)]));
  }

  async accuse(roomKey: string, gamerId: string, historyId: string): Promise<void> {
    const room =
      this.#accused.get(roomKey) ?? new LRUCache<string, Set<string>>({ max: STORE_LIMITS.maxAccusedPerRoom });
    const gamers = room.get(historyId) ?? new Set();
    if (gamers.size < STORE_LIMITS.maxAccusers) gamers.add(gamerId);
    room.set(historyId, gamers);
    this.#accused.set(roomKey, room);
  }

  async useInvite({ id, maxUses, expiresAtMs }: CountedInvite, sessionId: string, quota: Quota): Promise<boolean> {
    const sessions = this.#sessionsOf.get(id);
    if (sessions?.has(sessionId)) return true;
    if (sessions && sessions.size >= maxUses) return false;
    const { room, network } = quota;
    const full = this.#putUse({ invite: id, session: sessionId, expiresAtMs, room, network }, () => false);
    if (full) throw tooManyUses(full === 'all' ? undefined : full);
    return true;
  }

  async ban(id: string, expiresAtMs: number, { room, network }: Quota): Promise<void> {
    if (this.#putBan(id, { expiresAtMs, room, network }, (_, limit) => limit === 'room')) throw tooManyBans();
  }

  async isBanned(id: string): Promise<boolean> {
    const ban = this.#bans.get(id);
    return ban !== undefined && ban.expiresAtMs > this.clock.epochMs();
  }

  async keepCode({ id, sealed, endsAtMs, maker }: KeptCode, { room, network }: Quota): Promise<void> {
    const code = { sealed, maker, expiresAtMs: endsAtMs + ENDED_CODE_KEPT_MS, room, network };
    const full = this.#putCode(
      id,
      code,
      (other, limit) =>
        other.expiresAtMs - ENDED_CODE_KEPT_MS <= this.clock.epochMs() || (limit === 'room' && other.maker === maker),
    );
    if (full) throw tooManyCodes(full);
  }

  async codeOf(id: string): Promise<string | null> {
    const code = this.#codes.get(id);
    return code !== undefined && code.expiresAtMs > this.clock.epochMs() ? code.sealed : null;
  }

  async endCode(id: string): Promise<void> {
    this.#endCode(id, this.clock.epochMs());
  }

  /**
   * Loads an entry that {@link entries} wrote. Each fitted when it was written; if it does not any more, because the clock was set back and what
   * had expired by then seems not to have, it takes the place of what expires first.
   * @returns whether it fits; otherwise it is skipped
   */
  async restore(entry: Entry): Promise<boolean> {
    switch (entry[0]) {
      case 'tasks':
        this.#credit(entry[1], entry[4] ?? '', { completed: entry[2], failed: entry[3] });
        return true;
      case 'accused':
        await this.accuse(entry[1], entry[2], entry[3]);
        return true;
      case 'used': {
        const [, invite, session, expiresAtMs, room, network] = entry;
        return this.#putUse({ invite, session, expiresAtMs, room, network }, endsBefore(expiresAtMs)) === null;
      }
      case 'banned': {
        const [, id, expiresAtMs, room, network] = entry;
        // A room's ban may give way to one that ends sooner, as it did when this was written.
        const mayDrop: MayDrop<Expiring> = (ban, limit) => limit === 'room' || endsBefore(expiresAtMs)(ban);
        return this.#putBan(id, { expiresAtMs, room, network }, mayDrop) === null;
      }
      case 'code': {
        const [, id, sealed, endsAtMs, room, network, maker] = entry;
        const expiresAtMs = endsAtMs + ENDED_CODE_KEPT_MS;
        const mayDrop: MayDrop<Code> = (code, limit) =>
          (limit === 'room' && code.maker === maker) || endsBefore(expiresAtMs)(code);
        return this.#putCode(id, { sealed, maker, expiresAtMs, room, network }, mayDrop) === null;
      }
      case 'code-ended':
        this.#endCode(entry[1], entry[2]);
        return true;
    }
  }

  /**
   * Everything that is kept across restarts, least recently used first. A gamer's partners are not among it, because their round trips are
   * measured again with each new link.
   */
  *entries(): Iterable<Entry> {
    for (const [id, voices] of [...this.#reputations.entries()].toReversed()) {
      for (const [network, { completed, failed }] of [...voices.entries()].toReversed())
        yield ['tasks', id, completed, failed, network];
    }
    for (const [roomKey, room] of [...this.#accused.entries()].toReversed()) {
      for (const [id, gamers] of [...room.entries()].toReversed())
        for (const gamer of gamers) yield ['accused', roomKey, gamer, id];
    }
    const nowMs = this.clock.epochMs();
    for (const [, { invite, session, expiresAtMs, room, network }] of this.#uses.entries()) {
      if (expiresAtMs > nowMs) yield ['used', invite, session, expiresAtMs, room, network];
    }
    for (const [id, { expiresAtMs, room, network }] of this.#bans.entries()) {
      if (expiresAtMs > nowMs) yield ['banned', id, expiresAtMs, room, network];
    }
    for (const [id, { sealed, expiresAtMs, room, network, maker }] of this.#codes.entries()) {
      if (expiresAtMs > nowMs) yield ['code', id, sealed, expiresAtMs - ENDED_CODE_KEPT_MS, room, network, maker];
    }
  }

  async close(): Promise<void> {}

  /** @returns the limit that is reached; null when the use was kept. Likewise below. */
  #putUse(use: Use, mayDrop: MayDrop<Use>): Full | null {
    const { invite, session } = use;
    const full = this.#uses.makeSpace(`${invite} ${session}`, use, this.clock.epochMs(), mayDrop);
    if (full) return full;
    this.#uses.set(`${invite} ${session}`, use);
    this.#sessionsOf.set(invite, (this.#sessionsOf.get(invite) ?? new Set()).add(session));
    return null;
  }

  #putBan(id: string, ban: Expiring, mayDrop: MayDrop<Expiring>): Full | null {
    const known = this.#bans.get(id);
    const full = known ? null : this.#bans.makeSpace(id, ban, this.clock.epochMs(), mayDrop);
    if (!full) {
      this.#bans.set(id, known ? { ...known, expiresAtMs: Math.max(known.expiresAtMs, ban.expiresAtMs) } : ban);
    }
    return full;
  }

  #putCode(id: string, code: Code, mayDrop: MayDrop<Code>): Full | null {
    const full = this.#codes.makeSpace(id, code, this.clock.epochMs(), mayDrop);
    if (!full) this.#codes.set(id, code);
    return full;
  }

  #endCode(id: string, nowMs: number): void {
    const code = this.#codes.get(id);
    if (code) this.#codes.set(id, { ...code, expiresAtMs: Math.min(code.expiresAtMs, nowMs + ENDED_CODE_KEPT_MS) });
  }

  #credit(historyId: string, network: string, tasks: Reputation): void {
    const voices =
      this.#reputations.get(historyId) ??
      new LRUCache<string, Reputation>({ max: STORE_LIMITS.maxNetworksPerVolunteer });
    voices.set(network, addReport(voices.get(network) ?? { completed: 0, failed: 0 }, tasks));
    this.#reputations.set(historyId, voices);
  }
}

const endsBefore =
  (expiresAtMs: number) =>
  (entry: Expiring): boolean =>
    entry.expiresAtMs <= expiresAtMs;

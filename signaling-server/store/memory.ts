import { LRUCache } from 'lru-cache';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import { type Expiring, ExpiringTable } from './expiring-table.ts';
import {
  type Accused,
  addReport,
  type CountedInvite,
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
  /** A code of an invite: id, what it stands for, expiry in ms since the Unix epoch, room, network. */
  z.tuple([z.literal('code'), id, z.string().max(MAX_SEALED_CHARS), count, id, id]),
]);
export type Entry = z.infer<typeof entrySchema>;

/** A store in this process's memory. */
export class MemoryStore implements Store {
  /** History id -> what each network reported. */
  readonly #reputations = new LRUCache<string, LRUCache<string, Reputation>>({ max: STORE_LIMITS.maxReputations });
  readonly #partners = new LRUCache<string, LRUCache<string, number>>({ max: STORE_LIMITS.maxGamers });
  readonly #accused = new LRUCache<string, LRUCache<string, Set<string>>>({ max: STORE_LIMITS.maxRoomsWithAccused });
  /** Invite -> the sessions that used it. */
  readonly #sessionsOf = new Map<string, Set<string>>();
  readonly #uses = new ExpiringTable<Expiring & { invite: string; session: string }>(
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
  readonly #codes = new ExpiringTable<Expiring & { sealed: string }>({
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
    const sessions = this.#sessionsOf.get(id) ?? new Set<string>();
    if (sessions.has(sessionId)) return true;
    if (sessions.size >= maxUses) return false;
    const full = this.#uses.full(quota, this.clock.epochMs());
    if (full) throw tooManyUses(full === 'all' ? undefined : full);
    const { room, network } = quota;
    this.#uses.set(`${id} ${sessionId}`, { invite: id, session: sessionId, expiresAtMs, room, network });
    this.#sessionsOf.set(id, sessions.add(sessionId));
    return true;
  }

  async ban(id: string, expiresAtMs: number, { room, network }: Quota): Promise<void> {
    const known = this.#bans.get(id);
    if (known) {
      this.#bans.set(id, { ...known, expiresAtMs: Math.max(known.expiresAtMs, expiresAtMs) });
      return;
    }
    const nowMs = this.clock.epochMs();
    if (this.#bans.full({ room, network }, nowMs) === 'room') this.#bans.dropSoonestOf(room);
    if (this.#bans.full({ room, network }, nowMs)) throw tooManyBans();
    this.#bans.set(id, { expiresAtMs, room, network });
  }

  async isBanned(id: string): Promise<boolean> {
    const ban = this.#bans.get(id);
    return ban !== undefined && ban.expiresAtMs > this.clock.epochMs();
  }

  async keepCode(id: string, sealed: string, expiresAtMs: number, { room, network }: Quota): Promise<void> {
    const nowMs = this.clock.epochMs();
    if (this.#codes.full({ room, network }, nowMs) === 'room') this.#codes.dropSoonestOf(room);
    if (this.#codes.full({ room, network }, nowMs)) throw tooManyCodes();
    this.#codes.set(id, { sealed, expiresAtMs, room, network });
  }

  async codeOf(id: string): Promise<string | null> {
    const code = this.#codes.get(id);
    return code !== undefined && code.expiresAtMs > this.clock.epochMs() ? code.sealed : null;
  }

  /** Loads an entry that {@link entries} wrote. */
  async restore(entry: Entry): Promise<void> {
    switch (entry[0]) {
      case 'tasks':
        this.#credit(entry[1], entry[4] ?? '', { completed: entry[2], failed: entry[3] });
        return;
      case 'accused':
        return this.accuse(entry[1], entry[2], entry[3]);
      case 'used':
        await this.useInvite({ id: entry[1], maxUses: Number.POSITIVE_INFINITY, expiresAtMs: entry[3] }, entry[2], {
          ...{ room: entry[4], network: entry[5] },
        });
        return;
      case 'banned':
        return this.ban(entry[1], entry[2], { room: entry[3], network: entry[4] });
      case 'code':
        return this.keepCode(entry[1], entry[2], entry[3], { room: entry[4], network: entry[5] });
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
    for (const [id, { sealed, expiresAtMs, room, network }] of this.#codes.entries()) {
      if (expiresAtMs > nowMs) yield ['code', id, sealed, expiresAtMs, room, network];
    }
  }

  async close(): Promise<void> {}

  #credit(historyId: string, network: string, tasks: Reputation): void {
    const voices =
      this.#reputations.get(historyId) ??
      new LRUCache<string, Reputation>({ max: STORE_LIMITS.maxSourcesPerVolunteer });
    voices.set(network, addReport(voices.get(network) ?? { completed: 0, failed: 0 }, tasks));
    this.#reputations.set(historyId, voices);
  }
}

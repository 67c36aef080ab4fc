import { LRUCache } from 'lru-cache';
import type { MeshError } from '../../shared/errors.ts';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import {
  type Accused,
  type CountedInvite,
  type Report,
  type Reputation,
  STORE_LIMITS,
  type Store,
  tooManyBans,
  tooManyInvites,
} from './store.ts';

const id = z.string().max(128);
const count = z.int().min(0);

/** One fact that outlives a restart. */
export const entrySchema = z.union([
  /** Tasks that gamers reported of a volunteer, added to those of other entries: history id, completed, failed. */
  z.tuple([z.literal('tasks'), id, count, count]),
  /** A gamer caught a volunteer: room, gamer, history id. */
  z.tuple([z.literal('accused'), id, id, id]),
  /** A counted invite admitted a session: invite, session, expiry of the invite in ms since the Unix epoch. */
  z.tuple([z.literal('used'), id, id, count]),
  /** A ban: what is banned, expiry in ms since the Unix epoch. */
  z.tuple([z.literal('banned'), id, count]),
]);
export type Entry = z.infer<typeof entrySchema>;

/** Remembers for the life of this process. */
export class MemoryStore implements Store {
  readonly #reputations = new LRUCache<string, Reputation>({ max: STORE_LIMITS.maxReputations });
  readonly #partners = new LRUCache<string, LRUCache<string, number>>({ max: STORE_LIMITS.maxGamers });
  readonly #accused = new LRUCache<string, LRUCache<string, Set<string>>>({ max: STORE_LIMITS.maxRoomsWithAccused });
  readonly #inviteUses = new Map<string, { sessions: Set<string>; expiresAtMs: number }>();
  readonly #bans = new Map<string, { expiresAtMs: number }>();

  constructor(private readonly clock: Pick<ServerClock, 'epochMs'>) {}

  async reputation(historyId: string): Promise<Reputation> {
    return this.#reputations.get(historyId) ?? { completed: 0, failed: 0 };
  }

  async partners(gamerId: string): Promise<ReadonlyMap<string, number>> {
    return new Map(this.#partners.get(gamerId)?.entries());
  }

  async record(gamerId: string, historyId: string, report: Report): Promise<void> {
    const { completed, failed, rttMs } = report;
    this.#credit(historyId, { completed, failed });
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

  async useInvite({ id, maxUses, expiresAtMs }: CountedInvite, sessionId: string): Promise<boolean> {
    const uses = this.#inviteUses.get(id) ?? { sessions: new Set<string>(), expiresAtMs };
    if (uses.sessions.has(sessionId)) return true;
    if (uses.sessions.size >= maxUses) return false;
    if (!this.#inviteUses.has(id)) this.#makeRoom(this.#inviteUses, STORE_LIMITS.maxCountedInvites, tooManyInvites);
    this.#inviteUses.set(id, uses);
    uses.sessions.add(sessionId);
    return true;
  }

  async ban(id: string, expiresAtMs: number): Promise<void> {
    const known = this.#bans.get(id);
    if (!known) this.#makeRoom(this.#bans, STORE_LIMITS.maxBans, tooManyBans);
    this.#bans.set(id, { expiresAtMs: Math.max(known?.expiresAtMs ?? 0, expiresAtMs) });
  }

  async isBanned(id: string): Promise<boolean> {
    const ban = this.#bans.get(id);
    return ban !== undefined && ban.expiresAtMs > this.clock.epochMs();
  }

  /** Loads an entry that {@link entries} wrote. */
  async restore(entry: Entry): Promise<void> {
    switch (entry[0]) {
      case 'tasks':
        this.#credit(entry[1], { completed: entry[2], failed: entry[3] });
        return;
      case 'accused':
        return this.accuse(entry[1], entry[2], entry[3]);
      case 'used':
        await this.useInvite({ id: entry[1], maxUses: Number.POSITIVE_INFINITY, expiresAtMs: entry[3] }, entry[2]);
        return;
      case 'banned':
        return this.ban(entry[1], entry[2]);
    }
  }

  /**
   * Everything that outlives a restart, least recently used first. A gamer's partners do not: their round trips are measured
   * again with each new link.
   */
  *entries(): Iterable<Entry> {
    for (const [id, { completed, failed }] of [...this.#reputations.entries()].toReversed())
      yield ['tasks', id, completed, failed];
    for (const [roomKey, room] of [...this.#accused.entries()].toReversed()) {
      for (const [id, gamers] of [...room.entries()].toReversed())
        for (const gamer of gamers) yield ['accused', roomKey, gamer, id];
    }
    const nowMs = this.clock.epochMs();
    for (const [id, { sessions, expiresAtMs }] of this.#inviteUses) {
      if (expiresAtMs > nowMs) for (const session of sessions) yield ['used', id, session, expiresAtMs];
    }
    for (const [id, { expiresAtMs }] of this.#bans) if (expiresAtMs > nowMs) yield ['banned', id, expiresAtMs];
  }

  async close(): Promise<void> {}

  #credit(historyId: string, { completed, failed }: Reputation): void {
    const before = this.#reputations.get(historyId);
    this.#reputations.set(historyId, {
      completed: (before?.completed ?? 0) + completed,
      failed: (before?.failed ?? 0) + failed,
    });
  }

  /** Makes space for one more entry by dropping expired ones. */
  #makeRoom(all: Map<string, { expiresAtMs: number }>, max: number, tooMany: () => MeshError): void {
    if (all.size < max) return;
    const nowMs = this.clock.epochMs();
    for (const [id, { expiresAtMs }] of all) if (expiresAtMs <= nowMs) all.delete(id);
    if (all.size >= max) throw tooMany();
  }
}

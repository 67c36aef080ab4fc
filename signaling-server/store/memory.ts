import { LRUCache } from 'lru-cache';
import { MeshError } from '../../shared/errors.ts';
import type { ServerClock } from '../clock.ts';
import type { Accused } from '../lobby/suitability.ts';
import { COORDINATOR } from '../tuning.ts';
import type { Entry } from './entry.ts';
import type { CountedInvite, Report, Reputation, Store } from './store.ts';

/** Remembers while this process lives. */
export class MemoryStore implements Store {
  readonly #reputations = new LRUCache<string, Reputation>({ max: COORDINATOR.maxReputations });
  readonly #partners = new LRUCache<string, LRUCache<string, number>>({ max: COORDINATOR.maxGamersRemembered });
  readonly #accused = new LRUCache<string, LRUCache<string, Set<string>>>({ max: COORDINATOR.maxRoomsWithAccused });
  readonly #inviteUses = new Map<string, { sessions: Set<string>; expiresAtMs: number }>();

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
    const partners = this.#partners.get(gamerId) ?? new LRUCache({ max: COORDINATOR.maxPartnersPerGamer });
    partners.set(historyId, rttMs);
    this.#partners.set(gamerId, partners);
  }

  #credit(historyId: string, { completed, failed }: Reputation): void {
    const before = this.#reputations.get(historyId);
    this.#reputations.set(historyId, {
      completed: (before?.completed ?? 0) + completed,
      failed: (before?.failed ?? 0) + failed,
    });
  }

  async accused(roomKey: string): Promise<Accused> {
    return new Map([...(this.#accused.get(roomKey)?.entries() ?? [])].map(([id, gamers]) => [id, new Set(gamers)]));
  }

  async accuse(roomKey: string, gamerId: string, historyId: string): Promise<void> {
    const room =
      this.#accused.get(roomKey) ?? new LRUCache<string, Set<string>>({ max: COORDINATOR.maxAccusedPerRoom });
    const gamers = room.get(historyId) ?? new Set();
    if (gamers.size < COORDINATOR.maxAccusers) gamers.add(gamerId);
    room.set(historyId, gamers);
    this.#accused.set(roomKey, room);
  }

  async useInvite({ id, maxUses, expiresAtMs }: CountedInvite, sessionId: string): Promise<boolean> {
    const uses = this.#inviteUses.get(id) ?? { sessions: new Set<string>(), expiresAtMs };
    if (uses.sessions.has(sessionId)) return true;
    if (uses.sessions.size >= maxUses) return false;
    if (!this.#inviteUses.has(id)) this.#makeRoomForInvite();
    this.#inviteUses.set(id, uses);
    uses.sessions.add(sessionId);
    return true;
  }

  /** Takes back what {@link entries} gave. */
  async restore(entry: Entry): Promise<void> {
    const [kind] = entry;
    if (kind === 'tasks') this.#credit(entry[1], { completed: entry[2], failed: entry[3] });
    else if (kind === 'accused') await this.accuse(entry[1], entry[2], entry[3]);
    else await this.useInvite({ id: entry[1], maxUses: Number.POSITIVE_INFINITY, expiresAtMs: entry[3] }, entry[2]);
  }

  /**
   * What outlives a restart, least recently used first. Who worked with whom does not: a gamer's measurements are made anew with
   * its links.
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
  }

  async close(): Promise<void> {}

  #makeRoomForInvite(): void {
    if (this.#inviteUses.size < COORDINATOR.maxCountedInvites) return;
    const nowMs = this.clock.epochMs();
    for (const [id, { expiresAtMs }] of this.#inviteUses) if (expiresAtMs <= nowMs) this.#inviteUses.delete(id);
    if (this.#inviteUses.size >= COORDINATOR.maxCountedInvites) {
      throw new MeshError('rate-limited', 'Too many invites are in use on this server. Try again later.');
    }
  }
}

import { LRUCache } from 'lru-cache';
import { MeshError } from '../../shared/errors.ts';
import type { VolunteerReport } from '../../shared/signaling.ts';
import { COORDINATOR } from '../../shared/tuning.ts';
import type { ServerClock } from '../clock.ts';
import type { Accused } from '../matchmaker.ts';

/** Tasks of a volunteer as gamers reported them. */
export interface Reputation {
  completed: number;
  failed: number;
}

/** An invite that lets in so many sessions. */
export interface CountedInvite {
  id: string;
  maxUses: number;
  expiresAtMs: number;
}

/**
 * What the coordinator remembers of sessions that are not here: reputations, who worked with whom, who was caught giving wrong
 * results, uses of invites. Volunteers are known here by their history id (see `Member.historyId`).
 * It answers with promises, since a store that several servers share cannot answer at once.
 */
export class MemoryStore {
  readonly #reputations = new LRUCache<string, Reputation>({ max: COORDINATOR.maxReputations });
  readonly #partners = new LRUCache<string, LRUCache<string, number>>({ max: COORDINATOR.maxGamersRemembered });
  readonly #accused = new LRUCache<string, LRUCache<string, Set<string>>>({ max: COORDINATOR.maxRoomsWithAccused });
  readonly #inviteUses = new Map<string, { sessions: Set<string>; expiresAtMs: number }>();

  constructor(private readonly clock: Pick<ServerClock, 'epochMs'>) {}

  async reputation(historyId: string): Promise<Reputation> {
    return this.#reputations.get(historyId) ?? { completed: 0, failed: 0 };
  }

  /** The volunteers a gamer has worked with: history id -> round trip of the last report, ms. */
  async partners(gamerId: string): Promise<ReadonlyMap<string, number>> {
    return new Map(this.#partners.get(gamerId)?.entries());
  }

  /** @param historyId of the volunteer that the report is about */
  async record(gamerId: string, historyId: string, report: Omit<VolunteerReport, 'volunteerId'>): Promise<void> {
    const { completed, failed, rttMs } = report;
    const before = this.#reputations.get(historyId);
    this.#reputations.set(historyId, {
      completed: (before?.completed ?? 0) + completed,
      failed: (before?.failed ?? 0) + failed,
    });
    const partners = this.#partners.get(gamerId) ?? new LRUCache({ max: COORDINATOR.maxPartnersPerGamer });
    partners.set(historyId, rttMs);
    this.#partners.set(gamerId, partners);
  }

  /** Volunteers that gamers of a room reported: history id -> those gamers. */
  async accused(roomKey: string): Promise<Accused> {
    return new Map([...(this.#accused.get(roomKey)?.entries() ?? [])].map(([id, gamers]) => [id, new Set(gamers)]));
  }

  /** Counts a gamer once against a volunteer, in its room only. */
  async accuse(roomKey: string, gamerId: string, historyId: string): Promise<void> {
    const room =
      this.#accused.get(roomKey) ?? new LRUCache<string, Set<string>>({ max: COORDINATOR.maxAccusedPerRoom });
    const gamers = room.get(historyId) ?? new Set();
    if (gamers.size < COORDINATOR.maxAccusers) gamers.add(gamerId);
    room.set(historyId, gamers);
    this.#accused.set(roomKey, room);
  }

  /**
   * Counts a session against an invite; a session counts once however often it comes.
   * @returns false when the invite is used up.
   * @throws MeshError `rate-limited` when too many invites are being counted: forgetting one would make it valid again.
   */
  async useInvite({ id, maxUses, expiresAtMs }: CountedInvite, sessionId: string): Promise<boolean> {
    const uses = this.#inviteUses.get(id) ?? { sessions: new Set<string>(), expiresAtMs };
    if (uses.sessions.has(sessionId)) return true;
    if (uses.sessions.size >= maxUses) return false;
    if (!this.#inviteUses.has(id)) this.#makeRoomForInvite();
    this.#inviteUses.set(id, uses);
    uses.sessions.add(sessionId);
    return true;
  }

  #makeRoomForInvite(): void {
    if (this.#inviteUses.size < COORDINATOR.maxCountedInvites) return;
    const nowMs = this.clock.epochMs();
    for (const [id, { expiresAtMs }] of this.#inviteUses) if (expiresAtMs <= nowMs) this.#inviteUses.delete(id);
    if (this.#inviteUses.size >= COORDINATOR.maxCountedInvites) {
      throw new MeshError('rate-limited', 'Too many invites are in use on this server. Try again later.');
    }
  }
}

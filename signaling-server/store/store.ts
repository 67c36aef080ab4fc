import type { VolunteerReport } from '../../shared/signaling.ts';
import type { Accused } from '../lobby/suitability.ts';

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

export type Report = Omit<VolunteerReport, 'volunteerId'>;

/**
 * What the coordinator remembers of sessions that are not here: reputations, who worked with whom, who was caught giving wrong
 * results, uses of invites. Volunteers are known here by their history id (see `Member.historyId`).
 * It answers with promises, since a store that several servers share cannot answer at once.
 */
export interface Store {
  reputation(historyId: string): Promise<Reputation>;
  /** The volunteers a gamer has worked with: history id -> round trip of the last report, ms. */
  partners(gamerId: string): Promise<ReadonlyMap<string, number>>;
  /** @param historyId of the volunteer that the report is about */
  record(gamerId: string, historyId: string, report: Report): Promise<void>;
  /** Volunteers that gamers of a room reported: history id -> those gamers. */
  accused(roomKey: string): Promise<Accused>;
  /** Counts a gamer once against a volunteer, in its room only. */
  accuse(roomKey: string, gamerId: string, historyId: string): Promise<void>;
  /**
   * Counts a session against an invite; a session counts once however often it comes.
   * @returns false when the invite is used up.
   * @throws MeshError `rate-limited` when too many invites are being counted: forgetting one would make it valid again.
   */
  useInvite(invite: CountedInvite, sessionId: string): Promise<boolean>;
  /** Writes what is yet to be written. */
  close(): Promise<void>;
}

import { createHash } from 'node:crypto';
import { MeshError } from '../../shared/errors.ts';
import type { VolunteerReport } from '../../shared/signaling.ts';

/** What a store remembers at most. The least recently used entries are dropped, except invites and bans: see {@link Store}. */
export const STORE_LIMITS = {
  /** Under 200 bytes each, as are the other entries. */
  maxReputations: 50_000,
  maxPartnersPerGamer: 64,
  maxGamers: 10_000,
  maxRoomsWithAccused: 1_000,
  maxAccusedPerRoom: 128,
  /** More accusers of one volunteer would not change the order of volunteers. */
  maxAccusers: 16,
  maxCountedInvites: 10_000,
  maxBans: 10_000,
} as const;

/** Task counts of a volunteer, as gamers reported them. */
export interface Reputation {
  completed: number;
  failed: number;
}

/** An invite that admits a limited number of sessions. */
export interface CountedInvite {
  id: string;
  maxUses: number;
  /** ms since the Unix epoch. */
  expiresAtMs: number;
}

export type Report = Omit<VolunteerReport, 'volunteerId'>;

/** Volunteers caught returning wrong results: history id -> the gamers of one room that reported it. */
export type Accused = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What the coordinator remembers about sessions that are not connected: reputations, who worked with whom, who returned wrong
 * results, uses of invites, bans. Volunteers are identified by their history id (see `Member.historyId`). All methods are
 * asynchronous because several servers may share a remote store.
 */
export interface Store {
  reputation(historyId: string): Promise<Reputation>;
  /** The volunteers a gamer has worked with: history id -> round trip of the last report, ms. */
  partners(gamerId: string): Promise<ReadonlyMap<string, number>>;
  /** @param historyId of the volunteer that the report is about */
  record(gamerId: string, historyId: string, report: Report): Promise<void>;
  /** The volunteers that gamers of a room reported. */
  accused(roomKey: string): Promise<Accused>;
  /** Counts a gamer once against a volunteer, in its room only. */
  accuse(roomKey: string, gamerId: string, historyId: string): Promise<void>;
  /**
   * Counts a session against an invite. A session counts once, however often it comes.
   * @returns false when the invite is used up
   * @throws MeshError `rate-limited` when too many invites are being counted: dropping one would make it valid again
   */
  useInvite(invite: CountedInvite, sessionId: string): Promise<boolean>;
  /**
   * Bans whatever `id` names until a point in time. Banning again extends the time.
   * @param id at most 128 characters
   * @param expiresAtMs ms since the Unix epoch
   * @throws MeshError `rate-limited` when too many bans are in force: dropping one would lift it
   */
  ban(id: string, expiresAtMs: number): Promise<void>;
  isBanned(id: string): Promise<boolean>;
  /** Flushes pending writes. */
  close(): Promise<void>;
}

/** Stores know a room by this digest only, because whoever knows its name may enter it. */
export const roomDigest = (roomKey: string) => createHash('sha256').update(roomKey).digest('base64url').slice(0, 22);

export function tooManyInvites(): MeshError {
  return new MeshError('rate-limited', 'Too many invites are in use on this server. Try again later.');
}

export function tooManyBans(): MeshError {
  return new MeshError('rate-limited', 'Too many invites and members are banned on this server. Try again later.');
}

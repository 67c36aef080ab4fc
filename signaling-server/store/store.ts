import { createHash } from 'node:crypto';
import { MeshError } from '../../shared/errors.ts';
import type { VolunteerReport } from '../../shared/signaling.ts';

/** What a store remembers at most. The least recently used entries are dropped, except invites and bans: see {@link Store}. */
export const STORE_LIMITS = {
  /** Volunteers. In Redis some 1.5 kB each with reports from 16 networks. */
  maxReputations: 50_000,
  maxPartnersPerGamer: 64,
  maxGamers: 10_000,
  maxRoomsWithAccused: 1_000,
  maxAccusedPerRoom: 128,
  /** More accusers of one volunteer would not change the order of volunteers. */
  maxAccusers: 16,
  /** Networks whose reports count for one volunteer; the one that reported least recently is dropped. */
  maxSourcesPerVolunteer: 16,
  /** Sessions that used a counted invite, until it expires: some 700 bytes each in Redis, 150 in memory. */
  maxUses: 200_000,
  /** Of one room: 32 times the members that it holds. A room that is full of them still takes invites without a count. */
  maxUsesPerRoom: 4_096,
  /** Of one network (/24 or /48): a large school in a week. Filling the store takes 50 networks. */
  maxUsesPerNetwork: 4_096,
  maxBans: 50_000,
  /** Of one room: a removal takes three. Past it the ban that ends first is lifted: an owner harms only its own room. */
  maxBansPerRoom: 512,
  /** Made from one network: some 300 removals in a week. */
  maxBansPerNetwork: 1_024,
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

/** Whose share of a store an entry takes, so that nobody can fill it for others. */
export interface Quota {
  /** Room key. */
  room: string;
  /** The network that caused the entry, see `networksOf`: the widest, hashed. */
  network: string;
}

export type Report = Omit<VolunteerReport, 'volunteerId'>;

/** Who reports on a volunteer. */
export interface Reporter {
  gamerId: string;
  /** See {@link Quota.network}. Sessions cost nothing, so the reports of all gamers of one network together count as one voice. */
  network: string;
}

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
  record(reporter: Reporter, historyId: string, report: Report): Promise<void>;
  /** The volunteers that gamers of a room caught. */
  accused(roomKey: string): Promise<Accused>;
  /** Counts a gamer once against a volunteer, in its room only. */
  accuse(roomKey: string, gamerId: string, historyId: string): Promise<void>;
  /**
   * Counts a session against an invite. A session counts once, however often it comes.
   * @returns false when the invite is used up
   * @throws MeshError `rate-limited` when the room, the network or the store counts too many: dropping one would make its invite
   *   valid again
   */
  useInvite(invite: CountedInvite, sessionId: string, quota: Quota): Promise<boolean>;
  /**
   * Bans whatever `id` names until a point in time. Banning again extends the time.
   * @param id at most 128 characters
   * @param expiresAtMs ms since the Unix epoch
   * @throws MeshError `rate-limited` when too many bans of the network, or of all, are in force
   */
  ban(id: string, expiresAtMs: number, quota: Quota): Promise<void>;
  isBanned(id: string): Promise<boolean>;
  /** Flushes pending writes. */
  close(): Promise<void>;
}

/** Stores know a room by this digest only, because whoever knows its name may enter it. */
export const roomDigest = (roomKey: string) => createHash('sha256').update(roomKey).digest('base64url').slice(0, 22);

/** Tasks of one network's reports that are remembered: with more, older ones count for less. */
export const MAX_TASKS_PER_SOURCE = 200;
/**
 * For how many tasks the reports of one network count at most. One voice alone moves the history term of the score between 1/7 and
 * 6/7, whatever it claims; three honest ones outweigh a liar.
 */
const VOICE_TASKS = 5;

/** Adds a report to what a network has reported of a volunteer. */
export function addReport(before: Reputation, { completed, failed }: Reputation): Reputation {
  const sum = { completed: before.completed + completed, failed: before.failed + failed };
  const factor = Math.min(1, MAX_TASKS_PER_SOURCE / (sum.completed + sum.failed));
  return { completed: Math.round(sum.completed * factor), failed: Math.round(sum.failed * factor) };
}

/** Sums up the voices of all networks that reported on a volunteer. */
export function weigh(voices: Iterable<Reputation>): Reputation {
  const sum = { completed: 0, failed: 0 };
  for (const { completed, failed } of voices) {
    const weight = Math.min(1, VOICE_TASKS / Math.max(1, completed + failed));
    sum.completed += completed * weight;
    sum.failed += failed * weight;
  }
  return sum;
}

/** @param whose fills the store: `network` or `room`; absent: all together */
export function tooManyUses(whose?: keyof Quota): MeshError {
  const why = {
    room: 'Too many of this room’s counted invites are in use. Ask for one that is not limited to a number of uses.',
    network:
      'Too many counted invites were used from your network. Ask for one that is not limited to a number of uses.',
  };
  return new MeshError(
    'rate-limited',
    whose ? why[whose] : 'Too many counted invites are in use on this server. Ask for one without a number of uses.',
  );
}

export function tooManyBans(): MeshError {
  return new MeshError('rate-limited', 'Too many invites and members are banned on this server. Try again later.');
}

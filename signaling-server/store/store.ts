import { createHash } from 'node:crypto';
import { MeshError } from '../../shared/errors.ts';
import type { VolunteerReport } from '../../shared/signaling.ts';

/** How much a store remembers. Beyond that it drops the least recently used entries, except invites and bans: see {@link Store}. */
export const STORE_LIMITS = {
  /** Volunteers. In Redis, one with reports from 16 networks takes about 1.5 kB. */
  maxReputations: 50_000,
  maxPartnersPerGamer: 64,
  maxGamers: 10_000,
  maxRoomsWithAccused: 1_000,
  maxAccusedPerRoom: 128,
  /** Accusers of one volunteer. More would not change the order of volunteers. */
  maxAccusers: 16,
  /** Networks whose reports count for one volunteer; the one that reported least recently is dropped. */
  maxNetworksPerVolunteer: 16,
  /** Sessions that used an invite with a limited number of uses. Each is kept until the invite expires, and takes about 700 bytes in Redis or 150 in memory. */
  maxUses: 200_000,
  /** Of those, in one room: 32 times its members. A room that reached this still accepts invites with unlimited uses. */
  maxUsesPerRoom: 4_096,
  /** Of those, from one network (/24 or /48): enough for a large school in a week. It takes 50 networks to fill the store. */
  maxUsesPerNetwork: 4_096,
  maxBans: 50_000,
  /** Bans in one room; a removal makes four. Beyond that the ban that ends first is lifted, which harms only the owner's own room. */
  maxBansPerRoom: 512,
  /** Bans made from one network: about 250 removals in a week. */
  maxBansPerNetwork: 1_024,
  /** Codes of invites. Each takes up to 4 kB, most take 0.7 kB. */
  maxCodes: 10_000,
  /** Codes of one room. Beyond that whoever asks loses its own code that ends first, and is refused when it has none. */
  maxCodesPerRoom: 32,
  /** Codes made from one network: a code is made only when a person asks, so for a school of players. It takes 40 networks to fill the store. */
  maxCodesPerNetwork: 256,
} as const;

/** How long a code is known after its end, so that whoever comes late is told so, unless another code needs the place. */
export const ENDED_CODE_KEPT_MS = 3_600_000;

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

/** Which room and network an entry counts for, so that nobody can fill the store for others. */
export interface Quota {
  /** Room key. */
  room: string;
  /** The network that caused the entry, see `networksOf`: the widest, hashed. */
  network: string;
}

/** A code of an invite. */
export interface KeptCode {
  /** At most 128 characters; tells nothing of the code. */
  id: string;
  /** What it stands for: at most MAX_SEALED_CHARS, unreadable without the server's secret. */
  sealed: string;
  /** ms since the Unix epoch. */
  endsAtMs: number;
  /** The session that asked for it. Nobody else's requests take its place. */
  maker: string;
}

export type Report = Omit<VolunteerReport, 'volunteerId'>;

/** Who reports on a volunteer. */
export interface Reporter {
  gamerId: string;
  /** See {@link Quota.network}. Anybody can open many sessions, so all reports from one network count as those of one reporter. */
  network: string;
}

/** Volunteers caught returning wrong results: history id -> the gamers of one room that reported it. */
export type Accused = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What the coordinator remembers about sessions that are not connected: reputations, who worked with whom, who returned wrong
 * results, uses of invites, bans, codes of invites. Volunteers are identified by their history id (see `Member.historyId`). All methods are
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
   * @throws MeshError `rate-limited` when the room, the network or the store holds too many uses. Dropping one instead would make a used-up
   *   invite valid again
   */
  useInvite(invite: CountedInvite, sessionId: string, quota: Quota): Promise<boolean>;
  /**
   * Bans `id` until a point in time. Banning it again extends the ban.
   * @param id at most 128 characters
   * @param expiresAtMs ms since the Unix epoch
   * @throws MeshError `rate-limited` when the network, or the store, has too many bans
   */
  ban(id: string, expiresAtMs: number, quota: Quota): Promise<void>;
  isBanned(id: string): Promise<boolean>;
  /**
   * Keeps what a code stands for until its end, and {@link ENDED_CODE_KEPT_MS} longer. It replaces one with the same id.
   * @throws MeshError `rate-limited` when the room, the network or the store has too many codes; then no other code is lost
   */
  keepCode(code: KeptCode, quota: Quota): Promise<void>;
  /** @returns what the code stands for, also for a while after its end; null when it is not there, or no longer */
  codeOf(id: string): Promise<string | null>;
  /** Ends a code now, if it is there: its invite was revoked. Until it is forgotten, its place is free for others. */
  endCode(id: string): Promise<void>;
  /** Flushes pending writes. */
  close(): Promise<void>;
}

/** What stores know a room by. Not its name: whoever reads that in a store could enter the room. */
export const roomDigest = (roomKey: string) => createHash('sha256').update(roomKey).digest('base64url').slice(0, 22);

/** Of what a code stands for: an invite of the longest kind and a name whose every character is escaped, encrypted and in base64url, with some room. */
export const MAX_SEALED_CHARS = 3_584;

/** How many tasks of one network's reports are remembered. When there are more, all counts are scaled down, so older reports count for less. */
export const MAX_TASKS_PER_NETWORK = 200;
/**
 * How many tasks the reports of one network count for at most. Whatever a single network claims, it moves the history term of the score no
 * further than to 1/7 or 6/7, and three honest networks outweigh a lying one.
 */
const MAX_COUNTED_TASKS_PER_NETWORK = 5;

/** Adds a report to what a network has reported of a volunteer. */
export function addReport(before: Reputation, { completed, failed }: Reputation): Reputation {
  const sum = { completed: before.completed + completed, failed: before.failed + failed };
  const factor = Math.min(1, MAX_TASKS_PER_NETWORK / (sum.completed + sum.failed));
  return { completed: Math.round(sum.completed * factor), failed: Math.round(sum.failed * factor) };
}

/** Adds up the reports of all networks about a volunteer. */
export function weigh(reports: Iterable<Reputation>): Reputation {
  const sum = { completed: 0, failed: 0 };
  for (const { completed, failed } of reports) {
    const weight = Math.min(1, MAX_COUNTED_TASKS_PER_NETWORK / Math.max(1, completed + failed));
    sum.completed += completed * weight;
    sum.failed += failed * weight;
  }
  return sum;
}

/** @param whose limit is reached: that of the `network` or the `room`; absent: that of the store */
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

/** @param whose limit is reached */
export function tooManyCodes(whose: keyof Quota | 'all'): MeshError {
  const where = { room: 'in this room', network: 'from your network', all: 'on this server' }[whose];
  return new MeshError('rate-limited', `Too many invites ${where} have a code. Send the whole link instead.`);
}

import { score } from '../../shared/reputation.ts';
import type { VolunteerStatus } from '../../shared/signaling.ts';
import { TASK_NAMES } from '../../shared/tasks/definition.ts';

/** A volunteer that a gamer is introduced to. */
export interface IntroducedVolunteer {
  readonly historyId: string;
  readonly isOfLobby: boolean;
  readonly status: VolunteerStatus;
}

/** What matchmaking needs to know about a gamer or volunteer. `Member` in rooms/ has all of it. */
interface MatchParticipant {
  readonly id: string;
  /** Round trip between its socket and the coordinator, ms. */
  readonly rttMs: number;
  /** The members it is introduced to, by id. */
  readonly peers: ReadonlyMap<string, IntroducedVolunteer>;
}

export interface GamerFacts extends MatchParticipant {
  /** Volunteers it has worked with: history id -> last round trip between the two, ms. */
  readonly partners: ReadonlyMap<string, number>;
  /**
   * Volunteers caught returning wrong results: history id -> the gamers that reported it. Only reports of the gamer's own room
   * count, so that a gamer that lies harms no other room.
   */
  readonly accused: ReadonlyMap<string, ReadonlySet<string>>;
  /** Session and history ids that the owner of its room removed. Absent: none. */
  readonly removed?: ReadonlySet<string>;
}

export interface VolunteerFacts extends MatchParticipant {
  /** The id that its history is kept under, see `Member.historyId`. */
  readonly historyId: string;
  readonly status: VolunteerStatus;
  readonly reputation: { completed: number; failed: number };
}

/**
 * The share of a volunteer's time, 0 to 1, that is taken already when one more gamer comes. This is its reported load or, if higher,
 * what is taken when each of its gamers uses an equal share. The reported load lags behind: ranking by it alone would send gamers that arrive
 * together to the same few volunteers.
 *
 * @param otherGamers how many gamers it has besides the one that asks
 */
export function expectedLoad({ load }: VolunteerStatus, otherGamers: number): number {
  return Math.max(load, otherGamers / (otherGamers + 1));
}

/** The score of a volunteer for one gamer, 0 to 1, see `score` in shared/reputation.ts. */
export function scoreFor(gamer: GamerFacts, volunteer: VolunteerFacts): number {
  const measuredRttMs = gamer.partners.get(volunteer.historyId);
  const { completed, failed } = volunteer.reputation;
  const otherGamers = volunteer.peers.has(gamer.id) ? volunteer.peers.size - 1 : volunteer.peers.size;
  return score({
    completed,
    failed,
    load: expectedLoad(volunteer.status, otherGamers),
    latencyMs: measuredRttMs ?? gamer.rttMs + volunteer.rttMs,
    affinity: measuredRttMs === undefined ? 0 : 1,
  });
}

/** Orders volunteers for a gamer, highest first: by score, and below all others those reported in its room, most reported last. */
export function rankingScore(gamer: GamerFacts, volunteer: VolunteerFacts): number {
  return scoreFor(gamer, volunteer) - (gamer.accused.get(volunteer.historyId)?.size ?? 0);
}

/**
 * Whether the two may be introduced. The check includes the history id: otherwise a volunteer could meet the gamer that caught it again
 * by starting a new session.
 */
export function canIntroduce(gamer: GamerFacts, { id, historyId }: VolunteerFacts): boolean {
  const { removed } = gamer;
  if (removed?.has(id) || removed?.has(historyId)) return false;
  return !gamer.peers.has(id) && !hasAccused(gamer, historyId);
}

/** Whether this gamer itself reported the volunteer. */
export function hasAccused({ id, accused }: GamerFacts, historyId: string): boolean {
  return accused.get(historyId)?.has(id) ?? false;
}

/** Counts a gamer's useful volunteers: those that accept work, and whose results the gamer accepts. */
export function helperCount(gamer: GamerFacts, counts: (helper: IntroducedVolunteer) => boolean = () => true): number {
  let helpers = 0;
  for (const helper of gamer.peers.values()) {
    if (helper.status.accepting && !hasAccused(gamer, helper.historyId) && counts(helper)) helpers++;
  }
  return helpers;
}

/**
 * How many more volunteers a gamer may be introduced to. Only useful ones count, so that a gamer whose helpers all pause gets others. With
 * the useless ones it may have twice the limit.
 */
export function remainingIntroductions(
  gamer: GamerFacts,
  maxIntroductions: number,
  counts: (helper: IntroducedVolunteer) => boolean = () => true,
): number {
  const places = maxIntroductions - helperCount(gamer, counts);
  return Math.max(0, Math.min(places, 2 * maxIntroductions - gamer.peers.size));
}

/** Task types as a bit set. Names that this server does not know are ignored. */
export type TaskSet = number;

const BIT_OF = new Map<string, number>(TASK_NAMES.map((name, index) => [name, 1 << index]));

export function taskSet(names: readonly string[]): TaskSet {
  let set = 0;
  for (const name of names) set |= BIT_OF.get(name) ?? 0;
  return set;
}

/** Whether a volunteer with these capabilities helps a gamer with these needs. A gamer without needs accepts any volunteer. */
export function canServe(capabilities: TaskSet, needs: TaskSet): boolean {
  return needs === 0 || (capabilities & needs) !== 0;
}

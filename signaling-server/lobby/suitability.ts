import { score } from '../../shared/ranking.ts';
import type { VolunteerStatus } from '../../shared/signaling.ts';

/** A volunteer that a gamer is introduced to. */
interface Helper {
  readonly historyId: string;
  readonly isOfLobby: boolean;
  readonly status: VolunteerStatus;
}

/** What a choice needs of either side; {@link Member} has it all. */
interface Party {
  readonly id: string;
  /** Round trip of its socket to the coordinator, ms. */
  readonly rttMs: number;
  /** Ids of those it is introduced to. */
  readonly peers: ReadonlyMap<string, Helper>;
}

/** Volunteers caught giving wrong results: history id -> the gamers of one room that reported it. */
export type Accused = ReadonlyMap<string, ReadonlySet<string>>;

export interface GamerFacts extends Party {
  /** Volunteers it has worked with: history id -> last round trip between the two, ms. */
  readonly partners: ReadonlyMap<string, number>;
  /** What is known in its room, and nowhere else: a gamer that lies hurts nobody in other rooms. */
  readonly accused: Accused;
  /** Those that its room's owner removed: session and history ids. Absent: nobody. */
  readonly removed?: ReadonlySet<string>;
}

export interface VolunteerFacts extends Party {
  /** What its history is kept under, see {@link Member.historyId}. */
  readonly historyId: string;
  readonly status: VolunteerStatus;
  readonly reputation: { completed: number; failed: number };
}

export interface Match<G, V> {
  gamer: G;
  volunteer: V;
  /** See {@link standing}. */
  standing: number;
}

/**
 * The part of a volunteer's time that another gamer must expect to find taken, 0..1: what it tells, or, should those it has ask for all
 * they may, all but an equal share. What it tells lags behind: many that come at once would all be sent to the same few.
 *
 * @param others gamers that it has beside the one who asks
 */
export function expectedLoad({ load }: VolunteerStatus, others: number): number {
  return Math.max(load, others / (others + 1));
}

/** The score of a volunteer in one gamer's eyes, 0..1. */
export function scoreFor(gamer: GamerFacts, volunteer: VolunteerFacts): number {
  const measuredRttMs = gamer.partners.get(volunteer.historyId);
  const { completed, failed } = volunteer.reputation;
  return score({
    completed,
    failed,
    load: expectedLoad(volunteer.status, othersOf(volunteer, gamer)),
    latencyMs: measuredRttMs ?? gamer.rttMs + volunteer.rttMs,
    affinity: measuredRttMs === undefined ? 0 : 1,
  });
}

function othersOf({ peers }: VolunteerFacts, { id }: GamerFacts): number {
  return peers.has(id) ? peers.size - 1 : peers.size;
}

/** What volunteers are ordered by: the score, and below all others those that gamers of this room reported, most reported last. */
export function standing(gamer: GamerFacts, volunteer: VolunteerFacts): number {
  return scoreFor(gamer, volunteer) - (gamer.accused.get(volunteer.historyId)?.size ?? 0);
}

/** May the two be introduced? A volunteer does not get another chance by a new session with the gamer that caught it. */
export function isWelcome(gamer: GamerFacts, { id, historyId }: VolunteerFacts): boolean {
  const { removed } = gamer;
  if (removed?.has(id) || removed?.has(historyId)) return false;
  return !gamer.peers.has(id) && !hasAccused(gamer, historyId);
}

/**
 * Who should be introduced now. One pair at a time: the gamer with the fewest helpers picks its best volunteer that still has
 * room, so that scarce volunteers are shared evenly. Costs O(gamers x volunteers) scores among those that have room.
 *
 * @param counts which of its helpers take a gamer's places; the others are to give way.
 */
export function match<G extends GamerFacts, V extends VolunteerFacts>(
  gamers: readonly G[],
  volunteers: readonly V[],
  maxIntroductions: number,
  counts: (helper: Helper) => boolean = () => true,
): Match<G, V>[] {
  const vacancies = new Map<V, number>();
  for (const volunteer of volunteers) {
    const vacant = volunteer.status.accepting ? volunteer.status.maxGamers - volunteer.peers.size : 0;
    if (vacant > 0) vacancies.set(volunteer, vacant);
  }
  if (vacancies.size === 0) return [];

  const seekers = gamers.flatMap((gamer) => {
    const places = placesOf(gamer, maxIntroductions, counts);
    if (places === 0) return [];
    const choices = [...vacancies.keys()]
      .filter((volunteer) => isWelcome(gamer, volunteer))
      .map((volunteer) => ({ gamer, volunteer, standing: standing(gamer, volunteer) }))
      .sort((a, b) => a.standing - b.standing);
    return [{ places, choices }];
  });

  const matches: Match<G, V>[] = [];
  while (seekers.length > 0) {
    seekers.sort((a, b) => b.places - a.places);
    const [seeker] = seekers;
    const choice = seeker?.choices.pop();
    if (!seeker || !choice) {
      seekers.shift();
      continue;
    }
    const vacant = vacancies.get(choice.volunteer) ?? 0;
    if (vacant === 0) continue;
    matches.push(choice);
    vacancies.set(choice.volunteer, vacant - 1);
    seeker.places--;
    if (seeker.places === 0) seekers.shift();
  }
  return matches;
}

/** Volunteers that a gamer has the use of: those that accept work, and whose work it accepts. */
export function helpersOf(gamer: GamerFacts, counts: (helper: Helper) => boolean = () => true): number {
  let helpers = 0;
  for (const helper of gamer.peers.values()) {
    if (helper.status.accepting && !hasAccused(gamer, helper.historyId) && counts(helper)) helpers++;
  }
  return helpers;
}

/**
 * How many more volunteers a gamer may be introduced to. One that is no help now takes no place, lest a gamer whose helpers all
 * pause is left alone; in all it is held to twice the limit.
 */
export function placesOf(
  gamer: GamerFacts,
  maxIntroductions: number,
  counts: (helper: Helper) => boolean = () => true,
): number {
  const places = maxIntroductions - helpersOf(gamer, counts);
  return Math.max(0, Math.min(places, 2 * maxIntroductions - gamer.peers.size));
}

/** Did this gamer itself report it? */
export function hasAccused({ id, accused }: GamerFacts, historyId: string): boolean {
  return accused.get(historyId)?.has(id) ?? false;
}

import { score } from '../shared/ranking.ts';
import type { VolunteerStatus } from '../shared/signaling.ts';

/** What a choice needs of either side; {@link Member} has it all. */
interface Party {
  readonly id: string;
  /** Round trip of its socket to the coordinator, ms. */
  readonly rttMs: number;
  /** Ids of those it is introduced to. */
  readonly peers: ReadonlyMap<string, { readonly status: VolunteerStatus }>;
}

export interface GamerFacts extends Party {
  /** Volunteers it has worked with: id -> last round trip between the two, ms. */
  readonly partners: ReadonlyMap<string, number>;
}

export interface VolunteerFacts extends Party {
  readonly status: VolunteerStatus;
  readonly reputation: { completed: number; failed: number };
}

export interface Match<G, V> {
  gamer: G;
  volunteer: V;
  /** 0..1 */
  score: number;
}

/** The score of a volunteer in one gamer's eyes, 0..1. */
export function scoreFor(gamer: GamerFacts, volunteer: VolunteerFacts): number {
  const measuredRttMs = gamer.partners.get(volunteer.id);
  return score({
    ...volunteer.reputation,
    load: volunteer.status.load,
    latencyMs: measuredRttMs ?? gamer.rttMs + volunteer.rttMs,
    affinity: measuredRttMs === undefined ? 0 : 1,
  });
}

/**
 * Who should be introduced now. One pair at a time: the gamer with the fewest helpers picks its best volunteer that still has
 * room, so that scarce volunteers are shared evenly. Costs O(gamers x volunteers) scores among those that have room.
 */
export function match<G extends GamerFacts, V extends VolunteerFacts>(
  gamers: readonly G[],
  volunteers: readonly V[],
  maxIntroductions: number,
): Match<G, V>[] {
  const vacancies = new Map<V, number>();
  for (const volunteer of volunteers) {
    const vacant = volunteer.status.accepting ? volunteer.status.maxGamers - volunteer.peers.size : 0;
    if (vacant > 0) vacancies.set(volunteer, vacant);
  }
  if (vacancies.size === 0) return [];

  const seekers = gamers.flatMap((gamer) => {
    const places = placesOf(gamer, maxIntroductions);
    if (places === 0) return [];
    const choices = [...vacancies.keys()]
      .filter(({ id }) => !gamer.peers.has(id))
      .map((volunteer) => ({ gamer, volunteer, score: scoreFor(gamer, volunteer) }))
      .sort((a, b) => a.score - b.score);
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

/**
 * How many more volunteers a gamer may be introduced to. One that accepts nothing now takes no place, lest a gamer whose
 * helpers all pause is left alone; in all it is held to twice the limit.
 */
function placesOf({ peers }: GamerFacts, maxIntroductions: number): number {
  let helpers = 0;
  for (const { status } of peers.values()) if (status.accepting) helpers++;
  return Math.max(0, Math.min(maxIntroductions - helpers, 2 * maxIntroductions - peers.size));
}

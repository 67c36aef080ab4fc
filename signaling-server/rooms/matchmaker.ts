import {
  canIntroduce,
  type GamerFacts,
  type IntroducedVolunteer,
  rankingScore,
  remainingIntroductions,
  type VolunteerFacts,
} from '../lobby/suitability.ts';

export interface Match<G, V> {
  gamer: G;
  volunteer: V;
  /** See {@link rankingScore}. */
  rankingScore: number;
}

/**
 * Chooses which gamers and volunteers of one room to introduce now. Repeatedly, the gamer with the most free places takes its best
 * volunteer that still accepts gamers, so that scarce volunteers are shared evenly. Costs O(gamers x volunteers) scores, for
 * those with free places.
 *
 * @param counts which of its helpers occupy a gamer's places; the others give way
 */
export function match<G extends GamerFacts, V extends VolunteerFacts>(
  gamers: readonly G[],
  volunteers: readonly V[],
  maxIntroductions: number,
  counts: (helper: IntroducedVolunteer) => boolean = () => true,
): Match<G, V>[] {
  const vacancies = new Map<V, number>();
  for (const volunteer of volunteers) {
    const vacant = volunteer.status.accepting ? volunteer.status.maxGamers - volunteer.peers.size : 0;
    if (vacant > 0) vacancies.set(volunteer, vacant);
  }
  if (vacancies.size === 0) return [];

  const seekers = gamers.flatMap((gamer) => {
    const places = remainingIntroductions(gamer, maxIntroductions, counts);
    if (places === 0) return [];
    const choices = [...vacancies.keys()]
      .filter((volunteer) => canIntroduce(gamer, volunteer))
      .map((volunteer) => ({ gamer, volunteer, rankingScore: rankingScore(gamer, volunteer) }))
      .sort((a, b) => a.rankingScore - b.rankingScore);
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

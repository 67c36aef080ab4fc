import { type GamerFacts, helpersOf, isWelcome, standing, type VolunteerFacts } from './matchmaker.ts';

export interface Move<G, V> {
  from: G;
  to: G;
  volunteer: V;
}

/**
 * The next step towards fair shares of a lobby with too few volunteers: the gamer with the fewest helpers gets one of those
 * that the best-served gamer shares least well with. Null when no gamer has two helpers more than one that could have them;
 * every step narrows that gap, so that steps come to an end. Costs O(gamers x volunteers).
 */
export function fairMove<G extends GamerFacts, V extends VolunteerFacts>(
  gamers: readonly G[],
  volunteers: readonly V[],
): Move<G, V> | null {
  const served = gamers.map((gamer) => ({ gamer, helpers: helpersOf(gamer) })).sort((a, b) => a.helpers - b.helpers);
  for (const { gamer: to, helpers: few } of served) {
    for (const { gamer: from, helpers: many } of served.toReversed()) {
      if (many - few < 2) break;
      const [volunteer] = volunteers
        .filter((one) => one.status.accepting && from.peers.has(one.id) && isWelcome(to, one))
        .sort((a, b) => standing(from, a) - standing(from, b));
      if (volunteer) return { from, to, volunteer };
    }
  }
  return null;
}

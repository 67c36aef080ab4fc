import { score } from '../../shared/ranking.ts';
import type { VolunteerStatus } from '../../shared/signaling.ts';
import type { TaskName } from '../../shared/tasks/names.ts';
import { regionRttMs } from './lobby-keys.ts';
import { expectedLoad, helpersOf, isWelcome, placesOf, standing } from './suitability.ts';

/** Facts about either side, as tests change them. */
export interface TestGamer {
  readonly id: string;
  rttMs: number;
  needs: readonly TaskName[];
  readonly peers: Map<string, TestHelper>;
  readonly partners: Map<string, number>;
  readonly accused: Map<string, Set<string>>;
}

export interface TestHelper {
  readonly id: string;
  historyId: string;
  isOfLobby: boolean;
  rttMs: number;
  status: VolunteerStatus;
  reputation: { completed: number; failed: number };
  /** By gamer; what they are mapped to nobody reads. */
  readonly peers: Map<string, TestHelper>;
}

export const acts = {
  bring(gamer: TestGamer, volunteer: TestHelper): void {
    gamer.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(gamer.id, volunteer);
  },
  part(gamer: TestGamer, volunteer: TestHelper): void {
    gamer.peers.delete(volunteer.id);
    volunteer.peers.delete(gamer.id);
  },
};

/**
 * The lobby's rule as it is told, with everybody looked at every time: as long as a gamer may have more and there is one for it, the
 * gamer with the fewest helpers picks its best; then the richest gives to the poorest, as long as they differ by two.
 */
export class PlainLobby {
  /** In the order they came. */
  readonly #gamers = new Set<TestGamer>();
  readonly #volunteers = new Set<TestHelper>();

  constructor(private readonly maxIntroductions: number) {}

  seek(gamer: TestGamer): void {
    this.#gamers.add(gamer);
  }

  seekNoMore(gamer: TestGamer): void {
    this.#gamers.delete(gamer);
  }

  offer(volunteer: TestHelper): void {
    this.#volunteers.add(volunteer);
  }

  offerNoMore(volunteer: TestHelper): void {
    this.#volunteers.delete(volunteer);
  }

  rate(): void {}

  settle(): void {
    const [gamers, volunteers] = [[...this.#gamers], [...this.#volunteers]];
    for (;;) {
      const pair = nextPair(gamers, volunteers, this.maxIntroductions);
      const move = pair ? null : nextMove(gamers, volunteers, this.maxIntroductions);
      if (!pair && !move) return;
      if (move) acts.part(move.from, move.volunteer);
      const { to, volunteer } = move ?? (pair as NonNullable<typeof pair>);
      acts.bring(to, volunteer);
    }
  }
}

function nextPair(gamers: readonly TestGamer[], volunteers: readonly TestHelper[], maxIntroductions: number) {
  const hungry = gamers
    .filter((gamer) => placesOf(gamer, maxIntroductions) > 0)
    .toSorted((a, b) => helpersOf(a) - helpersOf(b));
  for (const to of hungry) {
    const [volunteer] = volunteers
      .filter((one) => one.status.accepting && one.peers.size < one.status.maxGamers && mayHave(to, one))
      .toSorted((a, b) => byStanding(to, a, b));
    if (volunteer) return { to, volunteer };
  }
  return null;
}

function nextMove(gamers: readonly TestGamer[], volunteers: readonly TestHelper[], maxIntroductions: number) {
  const poorestFirst = gamers.toSorted((a, b) => helpersOf(a) - helpersOf(b));
  const richestFirst = gamers.toSorted((a, b) => helpersOf(b) - helpersOf(a));
  for (const to of poorestFirst) {
    if (placesOf(to, maxIntroductions) === 0) continue;
    for (const from of richestFirst) {
      if (helpersOf(from) - helpersOf(to) < 2) break;
      const volunteer = volunteers
        .filter((one) => one.status.accepting && from.peers.has(one.id) && mayHave(to, one))
        .toSorted((a, b) => byStanding(from, a, b))
        .at(-1);
      if (volunteer) return { from, to, volunteer };
    }
  }
  return null;
}

function mayHave(gamer: TestGamer, volunteer: TestHelper): boolean {
  const isOfUse = gamer.needs.length === 0 || gamer.needs.some((type) => volunteer.status.tasks.includes(type));
  return isOfUse && isWelcome(gamer, volunteer);
}

/** The best first; equals by what they have earned, and as the sort is stable then by who came first. */
function byStanding(gamer: TestGamer, one: TestHelper, other: TestHelper): number {
  return seenFrom(gamer, other) - seenFrom(gamer, one) || merit(other) - merit(one);
}

function seenFrom(gamer: TestGamer, volunteer: TestHelper): number {
  return standing(gamer, { ...volunteer, rttMs: regionRttMs(volunteer.rttMs) });
}

function merit({ reputation, status, peers }: TestHelper): number {
  return score({
    ...reputation,
    load: expectedLoad(status, peers.size),
    latencyMs: Number.POSITIVE_INFINITY,
    affinity: 0,
  });
}

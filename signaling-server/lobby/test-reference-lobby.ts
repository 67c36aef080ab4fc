import { score } from '../../shared/reputation.ts';
import type { VolunteerStatus } from '../../shared/signaling.ts';
import type { TaskName } from '../../shared/tasks/definition.ts';
import { canIntroduce, expectedLoad, helperCount, rankingScore, remainingIntroductions } from './suitability.ts';
import { regionRttMs } from './volunteer-index.ts';

/** The facts about either side, which tests may change. */
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
  /** By gamer; nobody reads the values. */
  readonly peers: Map<string, TestHelper>;
}

export const actions = {
  pair(gamer: TestGamer, volunteer: TestHelper): void {
    gamer.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(gamer.id, volunteer);
  },
  unpair(gamer: TestGamer, volunteer: TestHelper): void {
    gamer.peers.delete(volunteer.id);
    volunteer.peers.delete(gamer.id);
  },
};

/**
 * A reference implementation of the lobby's rule (see `Lobby`) that looks at every member every time: while a gamer may have more
 * helpers and a volunteer is available for it, the gamer with the fewest helpers picks its best; then the gamer with the most
 * helpers gives one to the gamer with the fewest, while they differ by two or more.
 */
export class ReferenceLobby {
  /** In order of arrival. */
  readonly #gamers = new Set<TestGamer>();
  readonly #volunteers = new Set<TestHelper>();

  constructor(private readonly maxIntroductions: number) {}

  addGamer(gamer: TestGamer): void {
    this.#gamers.add(gamer);
  }

  removeGamer(gamer: TestGamer): void {
    this.#gamers.delete(gamer);
  }

  addVolunteer(volunteer: TestHelper): void {
    this.#volunteers.add(volunteer);
  }

  removeVolunteer(volunteer: TestHelper): void {
    this.#volunteers.delete(volunteer);
  }

  rerank(): void {}

  rebalance(): void {
    const [gamers, volunteers] = [[...this.#gamers], [...this.#volunteers]];
    for (;;) {
      const assignment = nextAssignment(gamers, volunteers, this.maxIntroductions);
      if (assignment) {
        actions.pair(assignment.to, assignment.volunteer);
        continue;
      }
      const transfer = nextTransfer(gamers, volunteers, this.maxIntroductions);
      if (!transfer) return;
      actions.unpair(transfer.from, transfer.volunteer);
      actions.pair(transfer.to, transfer.volunteer);
    }
  }
}

function nextAssignment(gamers: readonly TestGamer[], volunteers: readonly TestHelper[], maxIntroductions: number) {
  const underServed = gamers
    .filter((gamer) => remainingIntroductions(gamer, maxIntroductions) > 0)
    .toSorted((a, b) => helperCount(a) - helperCount(b));
  for (const to of underServed) {
    const [volunteer] = volunteers
      .filter((one) => one.status.accepting && one.peers.size < one.status.maxGamers && mayHave(to, one))
      .toSorted((a, b) => byRank(to, a, b));
    if (volunteer) return { to, volunteer };
  }
  return null;
}

function nextTransfer(gamers: readonly TestGamer[], volunteers: readonly TestHelper[], maxIntroductions: number) {
  const fewestHelpersFirst = gamers.toSorted((a, b) => helperCount(a) - helperCount(b));
  const mostHelpersFirst = gamers.toSorted((a, b) => helperCount(b) - helperCount(a));
  for (const to of fewestHelpersFirst) {
    if (remainingIntroductions(to, maxIntroductions) === 0) continue;
    for (const from of mostHelpersFirst) {
      if (helperCount(from) - helperCount(to) < 2) break;
      const volunteer = volunteers
        .filter((one) => one.status.accepting && from.peers.has(one.id) && mayHave(to, one))
        .toSorted((a, b) => byRank(from, a, b))
        .at(-1);
      if (volunteer) return { from, to, volunteer };
    }
  }
  return null;
}

function mayHave(gamer: TestGamer, volunteer: TestHelper): boolean {
  const isUseful = gamer.needs.length === 0 || gamer.needs.some((type) => volunteer.status.tasks.includes(type));
  return isUseful && canIntroduce(gamer, volunteer);
}

/** Best first. Ties are broken by merit and then, as the sort is stable, by arrival. */
function byRank(gamer: TestGamer, one: TestHelper, other: TestHelper): number {
  return seenFrom(gamer, other) - seenFrom(gamer, one) || merit(other) - merit(one);
}

function seenFrom(gamer: TestGamer, volunteer: TestHelper): number {
  return rankingScore(gamer, { ...volunteer, rttMs: regionRttMs(volunteer.rttMs) });
}

function merit({ reputation, status, peers }: TestHelper): number {
  return score({
    ...reputation,
    load: expectedLoad(status, peers.size),
    latencyMs: Number.POSITIVE_INFINITY,
    affinity: 0,
  });
}

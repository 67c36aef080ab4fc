import { byFewestHelpers, byMostHelpers, type Seeker, type SeekerFacts, SeekerIndex } from './seeker-index.ts';
import { canIntroduce, canServe, rankingScore, type VolunteerFacts } from './suitability.ts';
import { type IndexedVolunteer, isBetter, VolunteerIndex } from './volunteer-index.ts';

/** Carries out the lobby's decisions. Both methods must have updated the `peers` of both members when they return. */
export interface LobbyActions<G, V> {
  pair(gamer: G, volunteer: V): void;
  unpair(gamer: G, volunteer: V): void;
}

interface Assignment<G extends SeekerFacts, V extends VolunteerFacts> {
  to: Seeker<G>;
  volunteer: IndexedVolunteer<V>;
}

interface Transfer<G extends SeekerFacts, V extends VolunteerFacts> extends Assignment<G, V> {
  from: Seeker<G>;
}

/**
 * Shares the volunteers of the lobby among the gamers that accept its help. The rule: while some volunteer has a vacancy for a
 * gamer that may have more, the gamer with the fewest helpers picks its best volunteer; then, while some gamer has two helpers
 * more than another, the one with the most gives up the volunteer that suits it least to the one with the fewest.
 *
 * Once the rule is satisfied, only members that change afterwards can break it. The lobby therefore looks at the changed members, and
 * otherwise only at the first entries of its indexes. So a decision takes about as long with a hundred thousand volunteers as with
 * ten.
 */
export class Lobby<G extends SeekerFacts, V extends VolunteerFacts> {
  readonly #volunteers = new VolunteerIndex<V>();
  readonly #seekers: SeekerIndex<G>;
  readonly #actions: LobbyActions<G, V>;
  /** Changed gamers that may now get another volunteer. */
  readonly #changedSeekers = new Set<Seeker<G>>();
  /** Changed volunteers that may now help another gamer. */
  readonly #changedVolunteers = new Set<IndexedVolunteer<V>>();
  /** Changed gamers that may have too many or too few helpers compared with others. */
  readonly #unbalanced = new Set<Seeker<G>>();

  constructor(maxIntroductions: number, actions: LobbyActions<G, V>) {
    this.#actions = actions;
    this.#seekers = new SeekerIndex(maxIntroductions, (id) => {
      const volunteer = this.#volunteers.get(id);
      return volunteer?.status.accepting ? volunteer.capabilities : undefined;
    });
  }

  /** Adds a gamer that accepts help, or registers that it or one of its helpers changed. */
  addGamer(gamer: G): void {
    const seeker = this.#seekers.upsert(gamer);
    this.#changedSeekers.add(seeker);
    this.#unbalanced.add(seeker);
  }

  /** Removes a gamer that accepts no help at present. */
  removeGamer(gamer: G): void {
    const seeker = this.#seekers.remove(gamer.id);
    if (!seeker) return;
    this.#changedSeekers.delete(seeker);
    this.#unbalanced.delete(seeker);
  }

  /** Adds a volunteer, or registers that it or one of its gamers changed. */
  addVolunteer(volunteer: V): void {
    const { indexed, hasChanged } = this.#volunteers.upsert(volunteer);
    this.#changedVolunteers.add(indexed);
    if (hasChanged) this.#updateGamersOf(volunteer);
  }

  /** Updates a volunteer's rank when only its score changed. This alone pairs and unpairs nobody. */
  rerank(volunteer: V): void {
    if (this.#volunteers.get(volunteer.id)) this.#volunteers.upsert(volunteer);
  }

  /** Removes a volunteer that is away. */
  removeVolunteer(volunteer: V): void {
    const indexed = this.#volunteers.get(volunteer.id);
    if (!indexed) return;
    this.#changedVolunteers.delete(indexed);
    this.#volunteers.remove(volunteer.id);
    this.#updateGamersOf(volunteer);
  }

  /** Pairs and unpairs until the rule is satisfied. */
  rebalance(): void {
    for (;;) {
      const assignment = this.#nextAssignment();
      if (assignment) {
        this.#assign(assignment);
        continue;
      }
      const transfer = this.#nextTransfer();
      if (!transfer) return;
      this.#actions.unpair(transfer.from.gamer, transfer.volunteer.volunteer);
      this.addGamer(transfer.from.gamer);
      this.#assign(transfer);
    }
  }

  #assign({ to, volunteer }: Assignment<G, V>): void {
    this.#actions.pair(to.gamer, volunteer.volunteer);
    this.#unbalanced.add(this.#seekers.upsert(to.gamer));
    this.#volunteers.upsert(volunteer.volunteer);
  }

  #updateGamersOf({ peers }: V): void {
    for (const id of peers.keys()) {
      const seeker = this.#seekers.get(id);
      if (seeker) this.addGamer(seeker.gamer);
    }
  }

  #nextAssignment(): Assignment<G, V> | null {
    const ofChangedVolunteers = this.#nextOfChangedVolunteers();
    for (const to of [...this.#changedSeekers].sort(byFewestHelpers)) {
      if (ofChangedVolunteers && byFewestHelpers(ofChangedVolunteers.to, to) <= 0) return ofChangedVolunteers;
      const volunteer = to.isUnderServed ? this.#volunteers.bestFor(to) : null;
      if (volunteer) return { to, volunteer };
      this.#changedSeekers.delete(to);
    }
    return ofChangedVolunteers;
  }

  /** Of the gamers that a changed volunteer could help, the one with the fewest helpers picks its best volunteer of all. */
  #nextOfChangedVolunteers(): Assignment<G, V> | null {
    let next: Seeker<G> | null = null;
    for (const volunteer of this.#changedVolunteers) {
      const seeker = volunteer.hasVacancy ? this.#leastServedFor(volunteer) : null;
      if (!seeker) this.#changedVolunteers.delete(volunteer);
      else if (!next || byFewestHelpers(seeker, next) < 0) next = seeker;
    }
    const volunteer = next && this.#volunteers.bestFor(next);
    return next && volunteer ? { to: next, volunteer } : null;
  }

  #leastServedFor(volunteer: IndexedVolunteer<V>): Seeker<G> | null {
    let leastServed: Seeker<G> | null = null;
    for (const list of this.#seekers.underServedFor(volunteer.capabilities)) {
      const first = list.first(({ gamer }) => canIntroduce(gamer, volunteer));
      if (first && (!leastServed || byFewestHelpers(first, leastServed) < 0)) leastServed = first;
    }
    return leastServed;
  }

  #nextTransfer(): Transfer<G, V> | null {
    let next: Transfer<G, V> | null = null;
    for (const seeker of this.#unbalanced) {
      const [receiving, giving] = [this.#transferTo(seeker), this.#transferFrom(seeker)];
      if (!receiving && !giving) this.#unbalanced.delete(seeker);
      for (const transfer of [receiving, giving]) {
        if (transfer && (!next || isMoreUrgent(transfer, next))) next = transfer;
      }
    }
    return next;
  }

  #transferTo(to: Seeker<G>): Transfer<G, V> | null {
    if (!to.isUnderServed) return null;
    let next: Transfer<G, V> | null = null;
    for (const list of this.#seekers.overServedWith(to.needs)) {
      for (const from of list) {
        if (from.helpers - to.helpers < 2 || (next && byMostHelpers(next.from, from) <= 0)) break;
        const volunteer = this.#transferable(from, to);
        if (!volunteer) continue;
        next = { from, to, volunteer };
        break;
      }
    }
    return next;
  }

  #transferFrom(from: Seeker<G>): Transfer<G, V> | null {
    let next: Transfer<G, V> | null = null;
    for (const capabilities of from.transferables) {
      for (const list of this.#seekers.underServedFor(capabilities)) {
        for (const to of list) {
          if (from.helpers - to.helpers < 2 || (next && byFewestHelpers(next.to, to) <= 0)) break;
          const volunteer = this.#transferable(from, to);
          if (!volunteer) continue;
          next = { from, to, volunteer };
          break;
        }
      }
    }
    return next;
  }

  /** Of the volunteers that one gamer may give to another, the one that suits it least. */
  #transferable(from: Seeker<G>, to: Seeker<G>): IndexedVolunteer<V> | null {
    let least: IndexedVolunteer<V> | null = null;
    let leastScore = 0;
    for (const id of from.gamer.peers.keys()) {
      const volunteer = this.#volunteers.get(id);
      if (!volunteer?.status.accepting || !canServe(volunteer.capabilities, to.needs)) continue;
      if (!canIntroduce(to.gamer, volunteer)) continue;
      const itsScore = rankingScore(from.gamer, volunteer);
      if (least && !isBetter(leastScore, least, itsScore, volunteer)) continue;
      least = volunteer;
      leastScore = itsScore;
    }
    return least;
  }
}

function isMoreUrgent(one: { to: Seeker; from: Seeker }, other: { to: Seeker; from: Seeker }): boolean {
  return (byFewestHelpers(one.to, other.to) || byMostHelpers(one.from, other.from)) < 0;
}

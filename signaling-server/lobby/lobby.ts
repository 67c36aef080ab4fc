import { isOfUse } from './lobby-keys.ts';
import { byNeed, byWealth, LobbySeekers, type Seeker, type SeekerFacts } from './seeker-index.ts';
import { isWelcome, standing, type VolunteerFacts } from './suitability.ts';
import { isBetter, LobbyVolunteers, type Offer } from './volunteer-index.ts';

/** Carries out what the lobby decides: afterwards the two know each other, or no longer. */
export interface LobbyActs<G, V> {
  bring(gamer: G, volunteer: V): void;
  part(gamer: G, volunteer: V): void;
}

interface Pair<G extends SeekerFacts, V extends VolunteerFacts> {
  to: Seeker<G>;
  offer: Offer<V>;
}

interface Move<G extends SeekerFacts, V extends VolunteerFacts> extends Pair<G, V> {
  from: Seeker<G>;
}

/**
 * Shares the volunteers of the lobby among the gamers that take its help. The rule: as long as there is a volunteer with room for a
 * gamer that may have more, the gamer with the fewest helpers picks its best; then, as long as some gamer has two helpers more than
 * another, the poorest is given one by the richest, of those the one that it shares least well with. When nothing is left to do,
 * whatever is to be done next has to do with what has changed since: only that is looked at, and of the others only those that come
 * first in an index. So a decision costs about the same among ten volunteers and a hundred thousand.
 */
export class Lobby<G extends SeekerFacts, V extends VolunteerFacts> {
  readonly #volunteers = new LobbyVolunteers<V>();
  readonly #seekers: LobbySeekers<G>;
  readonly #acts: LobbyActs<G, V>;
  /** For whom there may be a volunteer since the last time. */
  readonly #eager = new Set<Seeker<G>>();
  /** For which there may be a gamer. */
  readonly #vacant = new Set<Offer<V>>();
  /** Who may be richer or poorer than others by too much. */
  readonly #uneven = new Set<Seeker<G>>();

  constructor(maxIntroductions: number, acts: LobbyActs<G, V>) {
    this.#acts = acts;
    this.#seekers = new LobbySeekers(maxIntroductions, (id) => {
      const offer = this.#volunteers.get(id);
      return offer?.status.accepting ? offer.can : undefined;
    });
  }

  /** A gamer takes help, or something of it or of whom it knows changed. */
  seek(gamer: G): void {
    const seeker = this.#seekers.file(gamer);
    this.#eager.add(seeker);
    this.#uneven.add(seeker);
  }

  /** A gamer takes no help at present. */
  seekNoMore(gamer: G): void {
    const seeker = this.#seekers.remove(gamer.id);
    if (!seeker) return;
    this.#eager.delete(seeker);
    this.#uneven.delete(seeker);
  }

  /** A volunteer is there, or something of it or of whom it knows changed. */
  offer(volunteer: V): void {
    const { offer, isOther } = this.#volunteers.file(volunteer);
    this.#vacant.add(offer);
    if (isOther) this.#refileGamersOf(volunteer);
  }

  /** It became better or worse, and nothing else of it changed: nobody is introduced or parted for that. */
  rate(volunteer: V): void {
    if (this.#volunteers.get(volunteer.id)) this.#volunteers.file(volunteer);
  }

  /** A volunteer is away. */
  offerNoMore(volunteer: V): void {
    const offer = this.#volunteers.get(volunteer.id);
    if (!offer) return;
    this.#vacant.delete(offer);
    this.#volunteers.remove(volunteer.id);
    this.#refileGamersOf(volunteer);
  }

  /** Brings and parts until nothing is left to do. */
  settle(): void {
    for (;;) {
      const pair = this.#nextPair();
      const move = pair ? null : this.#nextMove();
      if (!pair && !move) return;
      if (move) this.#part(move);
      this.#bring(move ?? (pair as Pair<G, V>));
    }
  }

  #bring({ to, offer }: Pair<G, V>): void {
    this.#acts.bring(to.gamer, offer.volunteer);
    this.#uneven.add(this.#seekers.file(to.gamer));
    this.#volunteers.file(offer.volunteer);
  }

  #part({ from, offer }: Move<G, V>): void {
    this.#acts.part(from.gamer, offer.volunteer);
    this.seek(from.gamer);
  }

  #refileGamersOf({ peers }: V): void {
    for (const id of peers.keys()) {
      const seeker = this.#seekers.get(id);
      if (seeker) this.seek(seeker.gamer);
    }
  }

  #nextPair(): Pair<G, V> | null {
    const fromVacant = this.#nextForVacant();
    for (const to of [...this.#eager].sort(byNeed)) {
      if (fromVacant && byNeed(fromVacant.to, to) <= 0) return fromVacant;
      const offer = to.isHungry ? this.#volunteers.bestFor(to) : null;
      if (offer) return { to, offer };
      this.#eager.delete(to);
    }
    return fromVacant;
  }

  /** The neediest gamer that one of the newly vacant is welcome to; it picks its best of all. */
  #nextForVacant(): Pair<G, V> | null {
    let neediest: Seeker<G> | null = null;
    for (const offer of this.#vacant) {
      const taker = offer.hasRoom ? this.#neediestFor(offer) : null;
      if (!taker) this.#vacant.delete(offer);
      else if (!neediest || byNeed(taker, neediest) < 0) neediest = taker;
    }
    const offer = neediest && this.#volunteers.bestFor(neediest);
    return neediest && offer ? { to: neediest, offer } : null;
  }

  #neediestFor(offer: Offer<V>): Seeker<G> | null {
    let neediest: Seeker<G> | null = null;
    for (const list of this.#seekers.hungryFor(offer.can)) {
      const first = list.first(({ gamer }) => isWelcome(gamer, offer));
      if (first && (!neediest || byNeed(first, neediest) < 0)) neediest = first;
    }
    return neediest;
  }

  #nextMove(): Move<G, V> | null {
    let next: Move<G, V> | null = null;
    for (const seeker of this.#uneven) {
      const [taking, giving] = [this.#moveTo(seeker), this.#moveFrom(seeker)];
      if (!taking && !giving) this.#uneven.delete(seeker);
      for (const move of [taking, giving]) if (move && (!next || isSooner(move, next))) next = move;
    }
    return next;
  }

  #moveTo(to: Seeker<G>): Move<G, V> | null {
    if (!to.isHungry) return null;
    let next: Move<G, V> | null = null;
    for (const list of this.#seekers.wealthyIn(to.needs)) {
      for (const from of list) {
        if (from.helpers - to.helpers < 2 || (next && byWealth(next.from, from) <= 0)) break;
        const offer = this.#giftOf(from, to);
        if (!offer) continue;
        next = { from, to, offer };
        break;
      }
    }
    return next;
  }

  #moveFrom(from: Seeker<G>): Move<G, V> | null {
    let next: Move<G, V> | null = null;
    for (const gift of from.gifts) {
      for (const list of this.#seekers.hungryFor(gift)) {
        for (const to of list) {
          if (from.helpers - to.helpers < 2 || (next && byNeed(next.to, to) <= 0)) break;
          const offer = this.#giftOf(from, to);
          if (!offer) continue;
          next = { from, to, offer };
          break;
        }
      }
    }
    return next;
  }

  /** Of one gamer's volunteers the one that another may have and that it can spare best. */
  #giftOf(from: Seeker<G>, to: Seeker<G>): Offer<V> | null {
    let least: Offer<V> | null = null;
    let leastStanding = 0;
    for (const id of from.gamer.peers.keys()) {
      const offer = this.#volunteers.get(id);
      if (!offer?.status.accepting || !isOfUse(offer.can, to.needs) || !isWelcome(to.gamer, offer)) continue;
      const itsStanding = standing(from.gamer, offer);
      if (least && !isBetter(leastStanding, least, itsStanding, offer)) continue;
      least = offer;
      leastStanding = itsStanding;
    }
    return least;
  }
}

function isSooner(one: { to: Seeker; from: Seeker }, other: { to: Seeker; from: Seeker }): boolean {
  return (byNeed(one.to, other.to) || byWealth(one.from, other.from)) < 0;
}

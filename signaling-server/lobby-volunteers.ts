import { nearness, score } from '../shared/ranking.ts';
import { isOfUse, regionRttMs, type TaskSet, taskSet } from './lobby-keys.ts';
import type { Seeker } from './lobby-seekers.ts';
import { hasAccused, isWelcome, standing, type VolunteerFacts } from './matchmaker.ts';
import { SortedList } from './sorted-list.ts';

/** Volunteers with room for one more that are as far away and can do the same, the best first. */
interface Shelf<V extends VolunteerFacts> {
  rttMs: number;
  can: TaskSet;
  offers: SortedList<Offer<V>>;
}

/** A volunteer as the lobby has it on file: what it is ordered by stays as it is until it is filed anew. */
export class Offer<V extends VolunteerFacts> implements VolunteerFacts {
  rttMs = 0;
  can: TaskSet = 0;
  /** The part of its score that is the same for everybody, or for everybody of its region. */
  merit = 0;
  filedAs = '';
  shelf: Shelf<V> | null = null;

  constructor(
    readonly volunteer: V,
    /** Counts those that came before it. */
    readonly nth: number,
  ) {}

  get id() {
    return this.volunteer.id;
  }
  get historyId() {
    return this.volunteer.historyId;
  }
  get status() {
    return this.volunteer.status;
  }
  get reputation() {
    return this.volunteer.reputation;
  }
  get peers() {
    return this.volunteer.peers;
  }
  get hasRoom(): boolean {
    return this.shelf !== null;
  }
}

type Earned = Pick<Offer<VolunteerFacts>, 'merit' | 'nth'>;

/** A volunteer in one gamer's eyes. */
export interface Seen<O extends Earned> {
  standing: number;
  offer: O;
}

/** Those that stand alike are told apart by what they have earned, then by who came first. */
export function isBetter(one: Seen<Earned>, other: Seen<Earned>): boolean {
  if (one.standing !== other.standing) return one.standing > other.standing;
  return byMerit(one.offer, other.offer) < 0;
}

function byMerit(one: Earned, other: Earned): number {
  return other.merit - one.merit || one.nth - other.nth;
}

/** The volunteers of the lobby, and of those with room for another gamer an index by region and capability. */
export class LobbyVolunteers<V extends VolunteerFacts> {
  readonly #offers = new Map<string, Offer<V>>();
  /** Those on a shelf, by whom a gamer may know them. */
  readonly #byHistory = new Map<string, Set<Offer<V>>>();
  readonly #shelves = new Map<string, Shelf<V>>();
  #count = 0;

  get(id: string): Offer<V> | undefined {
    return this.#offers.get(id);
  }

  /** A volunteer came, or something of it changed. */
  file(volunteer: V): Offer<V> {
    const known = this.#offers.get(volunteer.id);
    const offer = known ?? new Offer(volunteer, this.#count++);
    if (!known) this.#offers.set(volunteer.id, offer);
    this.#unshelve(offer);
    const { status, reputation } = volunteer;
    offer.rttMs = regionRttMs(volunteer.rttMs);
    offer.can = taskSet(status.tasks);
    offer.merit = score({ ...reputation, load: status.load, latencyMs: Number.POSITIVE_INFINITY, affinity: 0 });
    if (status.accepting && volunteer.peers.size < status.maxGamers) this.#shelve(offer);
    return offer;
  }

  remove(id: string): void {
    const offer = this.#offers.get(id);
    if (!offer) return;
    this.#unshelve(offer);
    this.#offers.delete(id);
  }

  /**
   * The best that has room and is welcome. On a shelf strangers stand in the order they lie in, so the first of each is looked at,
   * past those that the gamer has or that its room removed; whoever it has worked with, or its room has heard of, is looked at one by one.
   */
  bestFor({ gamer, needs }: Seeker): Offer<V> | null {
    const { partners, accused } = gamer;
    let best: Seen<Offer<V>> | null = null;
    const consider = (offer: Offer<V>) => {
      const candidate = { standing: standing(gamer, offer), offer };
      if (!best || isBetter(candidate, best)) best = candidate;
    };
    for (const { rttMs, can, offers } of this.#shelves.values()) {
      if (!isOfUse(can, needs)) continue;
      const near = nearness(gamer.rttMs + rttMs);
      for (const offer of offers) {
        if (partners.has(offer.historyId) || accused.has(offer.historyId) || !isWelcome(gamer, offer)) continue;
        // Most shelves' first is no match: that is seen without asking for all of its standing.
        if (!best || offer.merit + near >= (best as Seen<Offer<V>>).standing) consider(offer);
        break;
      }
    }
    for (const historyId of new Set([...partners.keys(), ...accused.keys()])) {
      if (hasAccused(gamer, historyId)) continue;
      for (const offer of this.#byHistory.get(historyId) ?? []) {
        if (isOfUse(offer.can, needs) && isWelcome(gamer, offer)) consider(offer);
      }
    }
    return (best as Seen<Offer<V>> | null)?.offer ?? null;
  }

  #shelve(offer: Offer<V>): void {
    const key = `${offer.rttMs} ${offer.can}`;
    const shelf = this.#shelves.get(key) ?? {
      rttMs: offer.rttMs,
      can: offer.can,
      offers: new SortedList<Offer<V>>(byMerit),
    };
    this.#shelves.set(key, shelf);
    shelf.offers.add(offer);
    offer.shelf = shelf;
    offer.filedAs = offer.historyId;
    const same = this.#byHistory.get(offer.filedAs) ?? new Set();
    this.#byHistory.set(offer.filedAs, same.add(offer));
  }

  #unshelve(offer: Offer<V>): void {
    const { shelf, filedAs } = offer;
    if (!shelf) return;
    shelf.offers.delete(offer);
    if (shelf.offers.isEmpty) this.#shelves.delete(`${shelf.rttMs} ${shelf.can}`);
    offer.shelf = null;
    const same = this.#byHistory.get(filedAs);
    same?.delete(offer);
    if (same?.size === 0) this.#byHistory.delete(filedAs);
  }
}

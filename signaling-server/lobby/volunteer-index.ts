import { nearness, score } from '../../shared/ranking.ts';
import { isOfUse, regionRttMs, type TaskSet, taskSet } from './lobby-keys.ts';
import type { Seeker } from './seeker-index.ts';
import { SortedList } from './sorted-list.ts';
import { expectedLoad, hasAccused, isWelcome, standing, type VolunteerFacts } from './suitability.ts';

/** Volunteers with room for one more that are as far away and can do the same, the best first. */
interface Shelf<V extends VolunteerFacts> {
  rttMs: number;
  can: TaskSet;
  offers: SortedList<Offer<V>>;
}

/** A volunteer as the lobby has it on file: what it is ordered by stays as it is until it is filed anew. */
export class Offer<V extends VolunteerFacts> implements VolunteerFacts {
  rttMs = 0;
  /** The part of its score that is the same for everybody, or for everybody of its region. */
  merit = 0;
  shelf: Shelf<V> | null = null;
  #accepts = false;
  #filedAs = '';
  #tasks: readonly string[] = [];
  #can: TaskSet = 0;

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
  get can(): TaskSet {
    return this.#can;
  }
  get filedAs(): string {
    return this.#filedAs;
  }
  get hasRoom(): boolean {
    return this.shelf !== null;
  }

  /** @returns whether it is other than it was to the gamers that have it: a help or none, or for other tasks. */
  read(): boolean {
    const { status, historyId } = this.volunteer;
    const can = this.#tasks === status.tasks ? this.#can : taskSet(status.tasks);
    const isOther = this.#accepts !== status.accepting || this.#can !== can || this.#filedAs !== historyId;
    this.#accepts = status.accepting;
    this.#tasks = status.tasks;
    this.#can = can;
    this.#filedAs = historyId;
    return isOther;
  }
}

type Earned = Pick<Offer<VolunteerFacts>, 'merit' | 'nth'>;

/** The better of two volunteers in one gamer's eyes: those that stand alike are told apart by what they have earned, then by who came first. */
export function isBetter(standing: number, offer: Earned, otherStanding: number, other: Earned): boolean {
  return standing === otherStanding ? byMerit(offer, other) < 0 : standing > otherStanding;
}

function byMerit(one: Earned, other: Earned): number {
  return other.merit - one.merit || one.nth - other.nth;
}

/** The volunteers of the lobby, and of those with room for another gamer an index by region and capability. */
export class LobbyVolunteers<V extends VolunteerFacts> {
  readonly #offers = new Map<string, Offer<V>>();
  /** Those on a shelf, by whom a gamer may know them. */
  readonly #byHistory = new Map<string, Set<Offer<V>>>();
  /** By capability and region. */
  readonly #shelves = new Map<TaskSet, Map<number, Shelf<V>>>();
  #count = 0;

  get(id: string): Offer<V> | undefined {
    return this.#offers.get(id);
  }

  /** A volunteer came, or something of it changed. */
  file(volunteer: V): { offer: Offer<V>; isOther: boolean } {
    const known = this.#offers.get(volunteer.id);
    const offer = known ?? new Offer(volunteer, this.#count++);
    if (!known) this.#offers.set(volunteer.id, offer);
    const { shelf, filedAs, merit } = offer;
    const isOther = offer.read() || !known;
    const { status, peers } = volunteer;
    const rttMs = regionRttMs(volunteer.rttMs);
    const newMerit = meritOf(volunteer);
    const hasRoom = status.accepting && peers.size < status.maxGamers;
    const stays = shelf ? hasRoom && !isOther && rttMs === offer.rttMs && merit === newMerit : !hasRoom;
    if (!stays) this.#unshelve(offer, filedAs);
    offer.rttMs = rttMs;
    offer.merit = newMerit;
    if (!stays && hasRoom) this.#shelve(offer);
    return { offer, isOther };
  }

  remove(id: string): void {
    const offer = this.#offers.get(id);
    if (!offer) return;
    this.#unshelve(offer, offer.filedAs);
    this.#offers.delete(id);
  }

  /**
   * The best that has room and is welcome. On a shelf strangers stand in the order they lie in, so the first of each is looked at,
   * past those that the gamer has or that its room removed; whoever it has worked with, or its room has heard of, is looked at one by one.
   */
  bestFor({ gamer, needs }: Seeker): Offer<V> | null {
    const { partners, accused } = gamer;
    let best: Offer<V> | null = null;
    let bestStanding = Number.NEGATIVE_INFINITY;
    const isStranger = ({ historyId }: Offer<V>) => !partners.has(historyId) && !accused.has(historyId);
    const isWanted = (offer: Offer<V>) => isStranger(offer) && isWelcome(gamer, offer);
    const consider = (offer: Offer<V>, itsStanding: number) => {
      if (best && !isBetter(itsStanding, offer, bestStanding, best)) return;
      best = offer;
      bestStanding = itsStanding;
    };
    for (const [can, byRegion] of this.#shelves) {
      if (!isOfUse(can, needs)) continue;
      for (const { rttMs, offers } of byRegion.values()) {
        const near = nearness(gamer.rttMs + rttMs);
        // Most shelves hold no match: that is seen by the first on it.
        const first = offers.first((offer) => offer.merit + near < bestStanding || isWanted(offer));
        // A stranger's standing is no more than these two.
        if (first && first.merit + near >= bestStanding) consider(first, first.merit + near);
      }
    }
    const considerKnown = (historyId: string) => {
      const same = hasAccused(gamer, historyId) ? undefined : this.#byHistory.get(historyId);
      if (!same) return;
      for (const offer of same) {
        if (isOfUse(offer.can, needs) && isWelcome(gamer, offer)) consider(offer, standing(gamer, offer));
      }
    };
    for (const historyId of partners.keys()) considerKnown(historyId);
    for (const historyId of accused.keys()) if (!partners.has(historyId)) considerKnown(historyId);
    return best;
  }

  #shelve(offer: Offer<V>): void {
    const { can, rttMs, filedAs } = offer;
    const byRegion = this.#shelves.get(can) ?? new Map<number, Shelf<V>>();
    const shelf = byRegion.get(rttMs) ?? { rttMs, can, offers: new SortedList<Offer<V>>(byMerit) };
    this.#shelves.set(can, byRegion.set(rttMs, shelf));
    shelf.offers.add(offer);
    offer.shelf = shelf;
    const same = this.#byHistory.get(filedAs) ?? new Set();
    this.#byHistory.set(filedAs, same.add(offer));
  }

  #unshelve(offer: Offer<V>, filedAs: string): void {
    const { shelf } = offer;
    if (!shelf) return;
    shelf.offers.delete(offer);
    if (shelf.offers.isEmpty) this.#clear(shelf);
    offer.shelf = null;
    const same = this.#byHistory.get(filedAs);
    same?.delete(offer);
    if (same?.size === 0) this.#byHistory.delete(filedAs);
  }

  #clear({ can, rttMs }: Shelf<V>): void {
    const byRegion = this.#shelves.get(can);
    byRegion?.delete(rttMs);
    if (byRegion?.size === 0) this.#shelves.delete(can);
  }
}

function meritOf({ reputation: { completed, failed }, status, peers }: VolunteerFacts): number {
  const load = expectedLoad(status, peers.size);
  return score({ completed, failed, load, latencyMs: Number.POSITIVE_INFINITY, affinity: 0 });
}

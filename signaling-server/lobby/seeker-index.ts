import { isOfUse, type TaskSet, taskSet } from './lobby-keys.ts';
import { SortedList } from './sorted-list.ts';
import { type GamerFacts, helpersOf, placesOf } from './suitability.ts';

export interface SeekerFacts extends GamerFacts {
  /** Task types it wants run; empty: any. */
  readonly needs: readonly string[];
}

/** A gamer as the lobby has it on file: what it is ordered by stays as it is until it is filed anew. */
export interface Seeker<G extends SeekerFacts = SeekerFacts> {
  readonly gamer: G;
  /** Counts those that came before it. */
  readonly nth: number;
  needs: TaskSet;
  /** What `needs` was made of. */
  needed: readonly string[];
  helpers: number;
  /** May it have another? */
  isHungry: boolean;
  /** What those of the lobby can do that it has: each kind once. */
  gifts: readonly TaskSet[];
}

/** Who is helped first. */
export function byNeed(one: Seeker, other: Seeker): number {
  return one.helpers - other.helpers || one.nth - other.nth;
}

/** Who gives first. */
export function byWealth(one: Seeker, other: Seeker): number {
  return other.helpers - one.helpers || one.nth - other.nth;
}

/** Gamers that take help from the lobby: those that may have more by what they need, and those that have some by what they could give. */
export class LobbySeekers<G extends SeekerFacts> {
  readonly #seekers = new Map<string, Seeker<G>>();
  readonly #hungry = new Map<TaskSet, SortedList<Seeker<G>>>();
  readonly #wealthy = new Map<TaskSet, SortedList<Seeker<G>>>();
  #count = 0;

  constructor(
    private readonly maxIntroductions: number,
    /** What a volunteer of the lobby that takes work can do; undefined of any other. */
    private readonly canDo: (volunteerId: string) => TaskSet | undefined,
  ) {}

  get(id: string): Seeker<G> | undefined {
    return this.#seekers.get(id);
  }

  /** A gamer came, or something of it or of its helpers changed. */
  file(gamer: G): Seeker<G> {
    const known = this.#seekers.get(gamer.id);
    const seeker = known ?? newSeeker(gamer, this.#count++);
    if (!known) this.#seekers.set(gamer.id, seeker);
    const needs = seeker.needed === gamer.needs ? seeker.needs : taskSet(gamer.needs);
    const helpers = helpersOf(gamer);
    const isHungry = placesOf(gamer, this.maxIntroductions) > 0;
    const gifts = this.#giftsOf(gamer);
    const isAlike = seeker.needs === needs && seeker.helpers === helpers && seeker.isHungry === isHungry;
    if (known && isAlike && areSame(seeker.gifts, gifts)) return seeker;
    if (known) this.#unlist(known);
    Object.assign(seeker, { needs, needed: gamer.needs, helpers, isHungry, gifts });
    if (seeker.isHungry) listOf(this.#hungry, seeker.needs, byNeed).add(seeker);
    for (const gift of seeker.gifts) listOf(this.#wealthy, gift, byWealth).add(seeker);
    return seeker;
  }

  remove(id: string): Seeker<G> | undefined {
    const seeker = this.#seekers.get(id);
    if (!seeker) return undefined;
    this.#unlist(seeker);
    this.#seekers.delete(id);
    return seeker;
  }

  /** Those that may have more and could use one who can do this, the neediest first in each list. */
  *hungryFor(can: TaskSet): Generator<SortedList<Seeker<G>>> {
    for (const [needs, list] of this.#hungry) if (isOfUse(can, needs)) yield list;
  }

  /** Those that could give one who can do something of what is needed, the wealthiest first in each list. */
  *wealthyIn(needs: TaskSet): Generator<SortedList<Seeker<G>>> {
    for (const [can, list] of this.#wealthy) if (isOfUse(can, needs)) yield list;
  }

  #giftsOf({ peers }: G): TaskSet[] {
    const gifts: TaskSet[] = [];
    for (const id of peers.keys()) {
      const can = this.canDo(id);
      if (can !== undefined && !gifts.includes(can)) gifts.push(can);
    }
    return gifts;
  }

  #unlist(seeker: Seeker<G>): void {
    if (seeker.isHungry) strike(this.#hungry, seeker.needs, seeker);
    for (const gift of seeker.gifts) strike(this.#wealthy, gift, seeker);
  }
}

function newSeeker<G extends SeekerFacts>(gamer: G, nth: number): Seeker<G> {
  return { gamer, nth, needs: 0, needed: [], helpers: 0, isHungry: false, gifts: [] };
}

function areSame(some: readonly TaskSet[], others: readonly TaskSet[]): boolean {
  return some.length === others.length && some.every((gift) => others.includes(gift));
}

function listOf<T>(lists: Map<TaskSet, SortedList<T>>, key: TaskSet, compare: (a: T, b: T) => number): SortedList<T> {
  const list = lists.get(key) ?? new SortedList(compare);
  lists.set(key, list);
  return list;
}

function strike<T>(lists: Map<TaskSet, SortedList<T>>, key: TaskSet, item: T): void {
  const list = lists.get(key);
  list?.delete(item);
  if (list?.isEmpty) lists.delete(key);
}

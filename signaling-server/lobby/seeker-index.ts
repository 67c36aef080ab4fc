import { SortedList } from './sorted-list.ts';
import {
  canServe,
  type GamerFacts,
  helperCount,
  remainingIntroductions,
  type TaskSet,
  taskSet,
} from './suitability.ts';

export interface SeekerFacts extends GamerFacts {
  /** Task types that it wants to run; an empty list means any. */
  readonly needs: readonly string[];
}

/** A gamer in the index. Its sort keys do not change between calls of {@link SeekerIndex.upsert}. */
export interface Seeker<G extends SeekerFacts = SeekerFacts> {
  readonly gamer: G;
  /** Order of arrival. */
  readonly sequence: number;
  needs: TaskSet;
  /** The array that `needs` was computed from. */
  needNames: readonly string[];
  helpers: number;
  /** Whether it may have another volunteer. */
  isUnderServed: boolean;
  /** The distinct capabilities of its volunteers from the lobby, which may move to other gamers. */
  transferables: readonly TaskSet[];
}

/** Order in which gamers are helped: fewest helpers first. */
export function byFewestHelpers(one: Seeker, other: Seeker): number {
  return one.helpers - other.helpers || one.sequence - other.sequence;
}

/** Order in which gamers give up a volunteer: most helpers first. */
export function byMostHelpers(one: Seeker, other: Seeker): number {
  return other.helpers - one.helpers || one.sequence - other.sequence;
}

/**
 * The gamers that accept help from the lobby, in two indexes: those that may have more volunteers (under-served), by their needs; and
 * those that may have too many (over-served), by the capabilities of the volunteers that they could give up.
 */
export class SeekerIndex<G extends SeekerFacts> {
  readonly #seekers = new Map<string, Seeker<G>>();
  readonly #underServed = new Map<TaskSet, SortedList<Seeker<G>>>();
  readonly #overServed = new Map<TaskSet, SortedList<Seeker<G>>>();
  #count = 0;

  constructor(
    private readonly maxIntroductions: number,
    /** What a lobby volunteer that accepts work can do; undefined for any other id. */
    private readonly capabilitiesOf: (volunteerId: string) => TaskSet | undefined,
  ) {}

  get(id: string): Seeker<G> | undefined {
    return this.#seekers.get(id);
  }

  /** Adds a gamer, or brings its entry up to date after it or its helpers changed. */
  upsert(gamer: G): Seeker<G> {
    const known = this.#seekers.get(gamer.id);
    const seeker = known ?? newSeeker(gamer, this.#count++);
    if (!known) this.#seekers.set(gamer.id, seeker);
    const needs = seeker.needNames === gamer.needs ? seeker.needs : taskSet(gamer.needs);
    const helpers = helperCount(gamer);
    const isUnderServed = remainingIntroductions(gamer, this.maxIntroductions) > 0;
    const transferables = this.#transferablesOf(gamer);
    const isSame = seeker.needs === needs && seeker.helpers === helpers && seeker.isUnderServed === isUnderServed;
    if (known && isSame && areSame(seeker.transferables, transferables)) return seeker;
    if (known) this.#unlist(known);
    Object.assign(seeker, { needs, needNames: gamer.needs, helpers, isUnderServed, transferables });
    if (seeker.isUnderServed) addTo(this.#underServed, seeker.needs, seeker, byFewestHelpers);
    for (const capabilities of seeker.transferables) addTo(this.#overServed, capabilities, seeker, byMostHelpers);
    return seeker;
  }

  remove(id: string): Seeker<G> | undefined {
    const seeker = this.#seekers.get(id);
    if (!seeker) return undefined;
    this.#unlist(seeker);
    this.#seekers.delete(id);
    return seeker;
  }

  /** The under-served gamers that a volunteer with these capabilities helps; in each list the one with the fewest helpers first. */
  *underServedFor(capabilities: TaskSet): Generator<SortedList<Seeker<G>>> {
    for (const [needs, list] of this.#underServed) if (canServe(capabilities, needs)) yield list;
  }

  /** The gamers that could give up a volunteer that meets these needs; in each list the one with the most helpers first. */
  *overServedWith(needs: TaskSet): Generator<SortedList<Seeker<G>>> {
    for (const [capabilities, list] of this.#overServed) if (canServe(capabilities, needs)) yield list;
  }

  #transferablesOf({ peers }: G): TaskSet[] {
    const transferables: TaskSet[] = [];
    for (const id of peers.keys()) {
      const capabilities = this.capabilitiesOf(id);
      if (capabilities !== undefined && !transferables.includes(capabilities)) transferables.push(capabilities);
    }
    return transferables;
  }

  #unlist(seeker: Seeker<G>): void {
    if (seeker.isUnderServed) removeFrom(this.#underServed, seeker.needs, seeker);
    for (const capabilities of seeker.transferables) removeFrom(this.#overServed, capabilities, seeker);
  }
}

function newSeeker<G extends SeekerFacts>(gamer: G, sequence: number): Seeker<G> {
  return { gamer, sequence, needs: 0, needNames: [], helpers: 0, isUnderServed: false, transferables: [] };
}

function areSame(some: readonly TaskSet[], others: readonly TaskSet[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

function addTo<T>(lists: Map<TaskSet, SortedList<T>>, key: TaskSet, item: T, compare: (a: T, b: T) => number): void {
  const list = lists.get(key) ?? new SortedList(compare);
  lists.set(key, list);
  list.add(item);
}

function removeFrom<T>(lists: Map<TaskSet, SortedList<T>>, key: TaskSet, item: T): void {
  const list = lists.get(key);
  list?.delete(item);
  if (list?.isEmpty) lists.delete(key);
}

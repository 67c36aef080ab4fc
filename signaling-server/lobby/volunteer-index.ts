import { nearness, score } from '../../shared/reputation.ts';
import type { Seeker } from './seeker-index.ts';
import { SortedList } from './sorted-list.ts';
import {
  canIntroduce,
  canServe,
  expectedLoad,
  hasAccused,
  rankingScore,
  type TaskSet,
  taskSet,
  type VolunteerFacts,
} from './suitability.ts';

/** Two regions per doubling of the round trip. Finer steps would be pointless: one socket's heartbeats differ by more than that. */
const REGIONS_PER_OCTAVE = 2;
/** All volunteers beyond this round trip form one region. */
const FARTHEST_REGION_MS = 2_000;

/**
 * The region of a volunteer, named by the shortest round trip in that region, ms. The server measures the round trip, so nobody can choose a
 * region. There are few regions because every choice of a volunteer looks into all of them.
 */
export function regionRttMs(rttMs: number): number {
  if (!(rttMs >= 1)) return 0;
  const octaves = Math.log2(Math.min(rttMs, FARTHEST_REGION_MS));
  return 2 ** (Math.floor(REGIONS_PER_OCTAVE * octaves) / REGIONS_PER_OCTAVE);
}

/** The volunteers with equal region and capabilities that accept another gamer, best first. */
interface Bucket<V extends VolunteerFacts> {
  regionRttMs: number;
  capabilities: TaskSet;
  volunteers: SortedList<IndexedVolunteer<V>>;
}

/** A volunteer in the index. Its sort keys do not change between calls of {@link VolunteerIndex.upsert}. */
export class IndexedVolunteer<V extends VolunteerFacts> implements VolunteerFacts {
  /** The round trip of its region: all volunteers of a region count as equally far. */
  rttMs = 0;
  /** The part of its score that does not depend on the gamer. */
  merit = 0;
  /** Null while it accepts no further gamer. */
  bucket: Bucket<V> | null = null;
  #isAccepting = false;
  #indexedHistoryId = '';
  #tasks: readonly string[] = [];
  #capabilities: TaskSet = 0;

  constructor(
    readonly volunteer: V,
    /** Order of arrival. */
    readonly sequence: number,
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
  get capabilities(): TaskSet {
    return this.#capabilities;
  }
  /** The history id at the last {@link refresh}. */
  get indexedHistoryId(): string {
    return this.#indexedHistoryId;
  }
  get hasVacancy(): boolean {
    return this.bucket !== null;
  }

  /** @returns whether something changed that matters to its present gamers: whether it works, for which tasks, and who it is */
  refresh(): boolean {
    const { status, historyId } = this.volunteer;
    const capabilities = this.#tasks === status.tasks ? this.#capabilities : taskSet(status.tasks);
    const hasChanged =
      this.#isAccepting !== status.accepting ||
      this.#capabilities !== capabilities ||
      this.#indexedHistoryId !== historyId;
    this.#isAccepting = status.accepting;
    this.#tasks = status.tasks;
    this.#capabilities = capabilities;
    this.#indexedHistoryId = historyId;
    return hasChanged;
  }
}

type Ranked = Pick<IndexedVolunteer<VolunteerFacts>, 'merit' | 'sequence'>;

/** Whether one volunteer is better than another for a gamer. Ties are broken by merit, then by arrival. */
export function isBetter(rankingScore: number, volunteer: Ranked, otherScore: number, other: Ranked): boolean {
  return rankingScore === otherScore ? byMerit(volunteer, other) < 0 : rankingScore > otherScore;
}

function byMerit(one: Ranked, other: Ranked): number {
  return other.merit - one.merit || one.sequence - other.sequence;
}

/** The volunteers of the lobby; those that accept another gamer are in buckets by capability and region. */
export class VolunteerIndex<V extends VolunteerFacts> {
  readonly #volunteers = new Map<string, IndexedVolunteer<V>>();
  /** Those in a bucket, by the history id that gamers may know them by. */
  readonly #byHistory = new Map<string, Set<IndexedVolunteer<V>>>();
  readonly #buckets = new Map<TaskSet, Map<number, Bucket<V>>>();
  #count = 0;

  get(id: string): IndexedVolunteer<V> | undefined {
    return this.#volunteers.get(id);
  }

  /**
   * Adds a volunteer, or brings its entry up to date.
   * @returns `hasChanged`: see {@link IndexedVolunteer.refresh}; true for a new one
   */
  upsert(volunteer: V): { indexed: IndexedVolunteer<V>; hasChanged: boolean } {
    const known = this.#volunteers.get(volunteer.id);
    const indexed = known ?? new IndexedVolunteer(volunteer, this.#count++);
    if (!known) this.#volunteers.set(volunteer.id, indexed);
    const { bucket, indexedHistoryId, merit } = indexed;
    const hasChanged = indexed.refresh() || !known;
    const { status, peers } = volunteer;
    const rttMs = regionRttMs(volunteer.rttMs);
    const newMerit = meritOf(volunteer);
    const hasVacancy = status.accepting && peers.size < status.maxGamers;
    const stays = bucket ? hasVacancy && !hasChanged && rttMs === indexed.rttMs && merit === newMerit : !hasVacancy;
    if (!stays) this.#removeFromBucket(indexed, indexedHistoryId);
    indexed.rttMs = rttMs;
    indexed.merit = newMerit;
    if (!stays && hasVacancy) this.#addToBucket(indexed);
    return { indexed, hasChanged };
  }

  remove(id: string): void {
    const indexed = this.#volunteers.get(id);
    if (!indexed) return;
    this.#removeFromBucket(indexed, indexed.indexedHistoryId);
    this.#volunteers.delete(id);
  }

  /**
   * The best volunteer that has a free place and that the gamer accepts. For a gamer, volunteers that it has no history with rank in the
   * order of their bucket, so only the first acceptable one of each bucket is considered. Volunteers that it has worked with, or that were
   * reported in its room, are considered one by one.
   */
  bestFor({ gamer, needs }: Seeker): IndexedVolunteer<V> | null {
    const { partners, accused } = gamer;
    let best: IndexedVolunteer<V> | null = null;
    let bestScore = Number.NEGATIVE_INFINITY;
    const isStranger = ({ historyId }: IndexedVolunteer<V>) => !partners.has(historyId) && !accused.has(historyId);
    const isCandidate = (one: IndexedVolunteer<V>) => isStranger(one) && canIntroduce(gamer, one);
    const consider = (one: IndexedVolunteer<V>, itsScore: number) => {
      if (best && !isBetter(itsScore, one, bestScore, best)) return;
      best = one;
      bestScore = itsScore;
    };
    for (const [capabilities, byRegion] of this.#buckets) {
      if (!canServe(capabilities, needs)) continue;
      for (const bucket of byRegion.values()) {
        // The score of a volunteer without history with this gamer is its merit plus this.
        const near = nearness(gamer.rttMs + bucket.regionRttMs);
        // Stops at the first one that cannot be the best, which for most buckets is the first of all.
        const first = bucket.volunteers.first((one) => one.merit + near < bestScore || isCandidate(one));
        if (first && first.merit + near >= bestScore) consider(first, first.merit + near);
      }
    }
    const considerKnown = (historyId: string) => {
      const same = hasAccused(gamer, historyId) ? undefined : this.#byHistory.get(historyId);
      if (!same) return;
      for (const one of same) {
        if (canServe(one.capabilities, needs) && canIntroduce(gamer, one)) consider(one, rankingScore(gamer, one));
      }
    };
    for (const historyId of partners.keys()) considerKnown(historyId);
    for (const historyId of accused.keys()) if (!partners.has(historyId)) considerKnown(historyId);
    return best;
  }

  #addToBucket(indexed: IndexedVolunteer<V>): void {
    const { capabilities, rttMs, indexedHistoryId } = indexed;
    const byRegion = this.#buckets.get(capabilities) ?? new Map<number, Bucket<V>>();
    const bucket = byRegion.get(rttMs) ?? {
      regionRttMs: rttMs,
      capabilities,
      volunteers: new SortedList<IndexedVolunteer<V>>(byMerit),
    };
    this.#buckets.set(capabilities, byRegion.set(rttMs, bucket));
    bucket.volunteers.add(indexed);
    indexed.bucket = bucket;
    const same = this.#byHistory.get(indexedHistoryId) ?? new Set();
    this.#byHistory.set(indexedHistoryId, same.add(indexed));
  }

  #removeFromBucket(indexed: IndexedVolunteer<V>, historyId: string): void {
    const { bucket } = indexed;
    if (!bucket) return;
    bucket.volunteers.delete(indexed);
    if (bucket.volunteers.isEmpty) this.#removeBucket(bucket);
    indexed.bucket = null;
    const same = this.#byHistory.get(historyId);
    same?.delete(indexed);
    if (same?.size === 0) this.#byHistory.delete(historyId);
  }

  #removeBucket({ capabilities, regionRttMs }: Bucket<V>): void {
    const byRegion = this.#buckets.get(capabilities);
    byRegion?.delete(regionRttMs);
    if (byRegion?.size === 0) this.#buckets.delete(capabilities);
  }
}

function meritOf({ reputation: { completed, failed }, status, peers }: VolunteerFacts): number {
  const load = expectedLoad(status, peers.size);
  return score({ completed, failed, load, latencyMs: Number.POSITIVE_INFINITY, affinity: 0 });
}

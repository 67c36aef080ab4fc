import { LRUCache } from 'lru-cache';
import type { MeshError } from '../../shared/errors.ts';
import { TASKS } from '../../shared/tuning.ts';

export type Settled = { ok: true; value: unknown } | { ok: false; error: MeshError };

/** Ended tasks by id, for a while: `getResult` may be asked after the end. Bounded by age, number and bytes. */
export class KeptResults {
  readonly #kept: LRUCache<string, Settled>;

  constructor(now: () => number) {
    this.#kept = new LRUCache<string, Settled>({
      max: TASKS.maxKeptResults,
      maxSize: TASKS.maxKeptBytes,
      ttl: TASKS.resultKeptMs,
      // Without being asked: pictures that nobody fetches must not stay.
      ttlAutopurge: true,
      perf: { now },
      ttlResolution: 0,
    });
  }

  keep(id: string, settled: Settled, sizeBytes: number): void {
    this.#kept.set(id, settled, { size: sizeBytes + ENTRY_BYTES });
  }

  get(id: string): Settled | undefined {
    return this.#kept.get(id);
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** An entry without bulk is not free either. */
const ENTRY_BYTES = 512;

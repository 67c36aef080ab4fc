import { createStore, get, set } from 'idb-keyval';
import { withinTime } from '../../shared/clock.ts';
import { logger } from '../../shared/log.ts';
import { z } from '../../shared/zod.ts';
import type { BackendName } from '../compute/backend.ts';
import { type MeasuredSpeeds, measuredSpeedsSchema } from '../compute/measured-speeds.ts';

const log = logger('sdk.speeds');

/** Time, ms, for reading what was remembered: blocked storage may never answer, and measuring anew takes seconds only. */
const READ_TIMEOUT_MS = 300;

/** Longest build name, in characters: a file's name with its hash. */
const MAX_BUILD = 200;

const entrySchema = z.strictObject({ build: z.string().max(MAX_BUILD), speeds: measuredSpeedsSchema });

/** Plain values by name. In a browser: IndexedDB, the only storage that workers have too. */
export interface SpeedEntries {
  get(name: string): Promise<unknown>;
  set(name: string, entry: unknown): Promise<void>;
}

/**
 * The measured speeds of this machine, kept from one visit to the next. There is one entry for each worker and backend asked for, which
 * bounds them. An entry of another build, or one that is malformed, counts as none; the engine ignores speeds of another browser or
 * adapter. Without storage nothing is remembered.
 */
export class RememberedSpeeds {
  readonly #name: string;
  readonly #build: string;
  readonly #entries: SpeedEntries | null;
  /** What is stored, as JSON. */
  #stored = '';

  /**
   * @param workerUrl - the worker's `import.meta.url`. In a build, its file's name has a hash of its code.
   * @param preferBackend - the same as the engine's.
   */
  constructor(
    worker: 'volunteer' | 'stream',
    workerUrl: string,
    preferBackend: BackendName | undefined,
    open: () => SpeedEntries | null = openEntries,
  ) {
    this.#name = `${worker} ${preferBackend ?? 'auto'}`;
    this.#build = (new URL(workerUrl).pathname.split('/').at(-1) ?? '').slice(-MAX_BUILD);
    this.#entries = openOrNull(open);
  }

  /** Never rejects. */
  async load(): Promise<MeasuredSpeeds | undefined> {
    const reading = this.#entries?.get(this.#name).catch(() => null);
    const { success, data } = entrySchema.safeParse(reading && (await withinTime(reading, READ_TIMEOUT_MS)));
    if (!success || data.build !== this.#build) return undefined;
    this.#stored = JSON.stringify(data.speeds);
    log.debug('remembered', { entry: this.#name });
    return data.speeds;
  }

  /** Stores speeds unless they are what is stored. */
  save(speeds: MeasuredSpeeds): void {
    const json = JSON.stringify(speeds);
    if (json === this.#stored) return;
    this.#stored = json;
    const entry = { build: this.#build, speeds };
    this.#entries?.set(this.#name, entry).catch(() => {
      // Storage is full or blocked: the next start measures again.
    });
  }
}

/** Null where even opening throws, as in a sandboxed page. */
function openOrNull(open: () => SpeedEntries | null): SpeedEntries | null {
  try {
    return open();
  } catch {
    return null;
  }
}

function openEntries(): SpeedEntries | null {
  if (typeof indexedDB === 'undefined') return null;
  const entries = createStore('p2c2r-speeds', 'speeds');
  // The database is opened by the first of these, which throws at once where pages may keep nothing, as in a sandboxed frame.
  return { get: async (name) => get(name, entries), set: async (name, entry) => set(name, entry, entries) };
}

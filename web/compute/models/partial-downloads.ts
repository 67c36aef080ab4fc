import { concatBytes, randomId } from '../../../shared/bytes.ts';
import { ModelCache } from './model-cache.ts';

/** Bytes that are kept at a time: a smaller file is fetched again sooner than it is read back. */
export const PART_BYTES = 4 * 1024 * 1024;
/** Parts of all broken downloads together: one model of the largest size. The oldest are dropped first. */
export const MAX_PARTS = 128;

interface KeptParts {
  parts: Uint8Array[];
  sizeBytes: number;
  /** Names the content where no hash does. */
  etag: string | null;
}

interface PartialFileOptions {
  caches: CacheStorage | undefined;
  baseUrl: URL;
  /** Names the content, or its address. */
  id: string;
  /** Whether the whole will be checked by its hash. Otherwise only its server can tell whether the rest belongs to what is kept. */
  isHashed: boolean;
  /** By default {@link PART_BYTES}. */
  partBytes?: number;
}

/**
 * What was downloaded of one file before the download broke, kept by the browser. Several tabs may download the same file, and the browser may
 * drop any entry, so each download has an id of its own, which the head names, and each part is found by where it begins.
 */
export class PartialFile {
  readonly #options: PartialFileOptions;
  readonly #cache: ModelCache;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #download = '';
  #isResumed = false;
  #keptBytes = 0;
  /** Null where the content has no name that the rest could be asked for by. */
  #etag: string | null = null;

  constructor(options: PartialFileOptions) {
    this.#options = options;
    const { caches, baseUrl } = options;
    // What cannot be kept is fetched again.
    this.#cache = new ModelCache({ caches, baseUrl, name: 'p2c2r-partial-models', onTrouble: () => {} });
  }

  /** Whether the download went on with what was kept, which may be damaged though the rest is not. */
  get isResumed(): boolean {
    return this.#isResumed;
  }

  /** Null where nothing is kept. */
  async kept(): Promise<KeptParts | null> {
    const head = await this.#cache.get(this.#key('head'));
    if (!head) return null;
    const [download = '', etag = ''] = new TextDecoder().decode(head).split('\n');
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for (;;) {
      const next = await this.#cache.get(this.#key(`${download}/${sizeBytes}`));
      if (!next?.byteLength) break;
      parts.push(next);
      sizeBytes += next.byteLength;
    }
    this.#download = download;
    this.#keptBytes = sizeBytes;
    this.#etag = etag;
    this.#isResumed = sizeBytes > 0;
    return sizeBytes > 0 ? { parts, sizeBytes, etag: etag || null } : null;
  }

  /** Begins anew, with the answer to a request for the whole file. */
  async begin({ headers }: Response): Promise<void> {
    await this.clear();
    this.#isResumed = false;
    // Weak ones (W/) may not be asked for by: of a file with a hash the rest is taken as it comes.
    const etag = headers.get('etag')?.match(/^".*/)?.[0] ?? '';
    const isNamed = this.#options.isHashed || etag !== '';
    // Offsets count the bytes of a compressed body, of which a page sees only what is in it.
    this.#etag = isNamed && headers.get('content-encoding') === null ? etag : null;
  }

  async add(bytes: Uint8Array): Promise<void> {
    const { partBytes = PART_BYTES } = this.#options;
    if (this.#etag === null) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.byteLength;
    if (this.#pendingBytes < partBytes) return;
    const part = concatBytes(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (this.#keptBytes === 0) {
      const head = new TextEncoder().encode(`${this.#download}\n${this.#etag}`);
      await this.#cache.put(this.#key('head'), head);
    }
    await this.#cache.put(this.#key(`${this.#download}/${this.#keptBytes}`), part);
    this.#keptBytes += part.byteLength;
    await this.#cache.keepNewest(MAX_PARTS);
  }

  /** Must be called when the file is whole, or of no use. Also deletes what other downloads of it left behind. */
  async clear(): Promise<void> {
    await this.#cache.deleteBelow(this.#key(''));
    this.#download = randomId();
    this.#keptBytes = 0;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#etag = null;
  }

  #key(rest: string): URL {
    return new URL(`partial/${encodeURIComponent(this.#options.id)}/${rest}`, this.#options.baseUrl);
  }
}

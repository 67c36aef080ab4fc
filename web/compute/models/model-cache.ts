const NO_STORAGE =
  'This browser keeps no files for this page (a private window, or no https), so the networks are downloaded each time.';
const STORAGE_FULL =
  'This browser has no room left for the networks, so they are downloaded each time. Free some disk space to keep them.';

interface ModelCacheOptions {
  caches: CacheStorage | undefined;
  /** Files outside this URL belong to others: a game's page may use several servers. */
  baseUrl: URL;
  /** Name of the browser's cache. */
  name: string;
  /** Called when something cannot be kept, with a message for people. May be called repeatedly. */
  onTrouble(trouble: string): void;
}

/**
 * The model files that this browser keeps. Never throws: a kept file only saves a download. Callers must check what they get: disks fail,
 * and other scripts of this origin can write here.
 */
export class ModelCache {
  readonly #options: ModelCacheOptions;
  #opened: Promise<Cache | null> | null = null;

  constructor(options: ModelCacheOptions) {
    this.#options = options;
  }

  async get(key: URL): Promise<Uint8Array<ArrayBuffer> | null> {
    const cache = await this.#open();
    try {
      const kept = await cache?.match(key);
      return kept ? new Uint8Array(await kept.arrayBuffer()) : null;
    } catch {
      return null;
    }
  }

  async put(key: URL, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const cache = await this.#open();
    try {
      await cache?.put(key, new Response(bytes));
    } catch (cause) {
      const isFull = cause instanceof Error && cause.name === 'QuotaExceededError';
      this.#options.onTrouble(isFull ? STORAGE_FULL : NO_STORAGE);
    }
  }

  async delete(key: URL): Promise<void> {
    const cache = await this.#open();
    await cache?.delete(key).catch(() => false);
  }

  async deleteAllBut(keys: readonly URL[]): Promise<void> {
    const cache = await this.#open();
    const wanted = new Set(keys.map(({ href }) => href));
    const kept = (await cache?.keys().catch(() => [])) ?? [];
    for (const { url } of kept) {
      if (url.startsWith(this.#options.baseUrl.href) && !wanted.has(url)) await this.delete(new URL(url));
    }
  }

  /** @param folder ends in a slash */
  async deleteBelow(folder: URL): Promise<void> {
    const cache = await this.#open();
    const kept = (await cache?.keys().catch(() => [])) ?? [];
    for (const { url } of kept) if (url.startsWith(folder.href)) await this.delete(new URL(url));
  }

  /** Deletes the oldest entries. */
  async keepNewest(count: number): Promise<void> {
    const cache = await this.#open();
    const kept = (await cache?.keys().catch(() => [])) ?? [];
    for (const { url } of kept.slice(0, Math.max(0, kept.length - count))) await this.delete(new URL(url));
  }

  #open(): Promise<Cache | null> {
    this.#opened ??= this.#openOnce();
    return this.#opened;
  }

  async #openOnce(): Promise<Cache | null> {
    const { caches, name, onTrouble } = this.#options;
    try {
      if (caches) return await caches.open(name);
    } catch {
      // A private window may have the API and refuse its use.
    }
    onTrouble(NO_STORAGE);
    return null;
  }
}

/** What the model store uses of a browser's caches, in memory. */
export class MemoryCaches {
  readonly entries = new Map<string, Uint8Array<ArrayBuffer>>();
  /** What storing anything throws. */
  putError: Error | null = null;

  readonly #cache = {
    match: async (key: URL) => {
      const bytes = this.entries.get(key.href);
      return bytes && new Response(bytes);
    },
    put: async (key: URL, response: Response) => {
      if (this.putError) throw this.putError;
      this.entries.set(key.href, new Uint8Array(await response.arrayBuffer()));
    },
    delete: async (key: URL) => this.entries.delete(key.href),
    keys: async () => [...this.entries.keys()].map((url) => new Request(url)),
  };

  /** As the browser hands it out. */
  readonly storage = { open: async () => this.#cache } as unknown as CacheStorage;
}

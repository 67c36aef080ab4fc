import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { sha256Hex } from './download.ts';
import type { Manifest } from './manifest.ts';
import type { ModelProgress } from './model-source.ts';
import { ModelStore, type ModelStoreOptions } from './model-store.ts';

export const BASE_URL = new URL('https://server.example/models/');

type Answer = Response | 'offline' | 'silent';

/** A model server whose responses a test controls. Records the requests. */
export class TestModelServer {
  readonly clock = new ManualClock();
  readonly caches = new MemoryCaches();
  readonly reports: ModelProgress[] = [];
  /** Path and cache mode of each request. */
  readonly requests: string[] = [];
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** By path: responses to give instead, one after another. */
  readonly overrides = new Map<string, Answer[]>();
  isOffline = false;

  /** Publishes a list of models. */
  async publish(version: string, names: readonly string[] = ['fast', 'quality']): Promise<Manifest> {
    const models = await Promise.all(names.map((name) => this.#model(name, version)));
    const manifest: Manifest = { models };
    this.files.set('manifest.json', new TextEncoder().encode(JSON.stringify(manifest)));
    return manifest;
  }

  /** A browser that uses this server. The same `caches` mean the same browser. */
  store(options: Partial<ModelStoreOptions> = {}): ModelStore {
    return new ModelStore({
      baseUrl: BASE_URL,
      fetch: this.fetch,
      caches: this.caches.storage,
      digest: (bytes) => sha256Hex(bytes, crypto.subtle),
      clock: this.clock,
      onProgress: (progress) => this.reports.push(progress),
      ...options,
    });
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const path = String(input).slice(BASE_URL.href.length);
    this.requests.push(`${path} ${init?.cache}`);
    const overrides = this.overrides.get(path)?.shift();
    if (this.isOffline || overrides === 'offline') throw new TypeError('Failed to fetch');
    if (overrides === 'silent') return new Response(silence(init?.signal));
    const bytes = this.files.get(path);
    return overrides ?? (bytes ? new Response(bytes) : new Response('Nothing is here.', { status: 404 }));
  };

  async #model(name: string, version: string): Promise<Manifest['models'][number]> {
    const file = async (path: string) => {
      const bytes = new TextEncoder().encode(`${path} of ${version} `.repeat(20));
      this.files.set(path, bytes);
      return { path, bytes: bytes.byteLength, sha256: await sha256Hex(bytes, crypto.subtle) };
    };
    return {
      name,
      version,
      task: 'upscale',
      scale: 2,
      licence: 'MIT',
      parameters: 1,
      network: { widths: [3, 4], outputs: 'luma', leak: 0.1 },
      files: {
        wgsl: await file(`${name}.bin`),
        onnx: await file(`${name}.onnx`),
        onnxFp16: await file(`${name}.fp16.onnx`),
      },
    };
  }
}

/** A body that sends nothing until it is aborted. */
function silence(signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
}

/** An in-memory CacheStorage, as far as the model store uses one. */
export class MemoryCaches {
  readonly entries = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Thrown by every put. */
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

  /** As `globalThis.caches`. */
  readonly storage = { open: async () => this.#cache } as unknown as CacheStorage;
}

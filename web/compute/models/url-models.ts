import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { MODEL_PIN } from '../../../shared/tasks/infer.ts';
import { download } from './download.ts';
import { ModelCache } from './model-cache.ts';
import { ModelHost } from './model-host.ts';
import { modelTooLarge } from './model-size.ts';
import type { ProgressReporter } from './model-source.ts';
import { PartialFile } from './partial-downloads.ts';

/** Models from other servers that the browser keeps. The oldest are dropped first. */
export const MAX_KEPT_URL_MODELS = 4;

export interface UrlModelsOptions {
  /** Where this code came from: its origin needs no https. */
  baseUrl: URL;
  fetch: typeof globalThis.fetch;
  caches: CacheStorage | undefined;
  digest(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  clock: Clock;
  /** Called with the bytes of each part of a download. */
  onReceived?: ((newBytes: number) => void) | undefined;
  /** The largest model that is taken, with its other files. */
  maxModelBytes: number;
}

interface FetchOptions {
  /** What was loaded of the model before. */
  loadedBytes: number;
  signal: AbortSignal;
}

/** Where the server has the models that its operator put there, beside its list. */
export const OWN_MODELS = 'own/';

/** Names of folders and of a file: none is `..`, and none begins anew at the server. */
const PATH = /^(?:\w[\w-]*(?:\.[\w-]+)*\/)*\w[\w-]*(?:\.[\w-]+)*$/;

/**
 * Models from other servers, of origins that were allowed. A URL that ends in `#sha256=` and 64 digits names its content, which is kept
 * under that hash and not requested again. Other content may change, so its server is asked each time, and the browser's HTTP cache answers
 * while it is valid.
 */
export class UrlModels {
  readonly #options: UrlModelsOptions;
  readonly #cache: ModelCache;
  /** Allowed origins; null: all that are safe to fetch from. */
  accepted: readonly string[] | null = [];

  constructor(options: UrlModelsOptions) {
    this.#options = options;
    const { caches, baseUrl } = options;
    // A file that cannot be kept is fetched again, which costs only time.
    this.#cache = new ModelCache({ caches, baseUrl, name: 'p2c2r-url-models', onTrouble: () => {} });
  }

  /**
   * Throws MeshError `unknown-model` when it may not or cannot be fetched, or its hash differs; `connection-failed` when this computer is offline;
   * `too-large`, `cancelled`.
   */
  async load(model: string, reporter: ProgressReporter, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const url = new URL(model);
    this.#checkAccepted(url);
    const sha256 = MODEL_PIN.exec(url.hash)?.[1];
    if (url.hash && !sha256)
      throw MeshError.badInput(
        "A model's URL ends in #sha256= and 64 lowercase hexadecimal digits, or has no # at all. Correct it.",
      );
    const kept = sha256 && (await this.#kept(sha256));
    if (kept) return kept;
    const options: FetchOptions = { loadedBytes: 0, signal };
    const partial = this.#partialOf(url);
    let bytes = await this.#fetch(url, partial, reporter, options);
    if (!sha256) return bytes;
    let isWhole = (await this.#options.digest(bytes)) === sha256;
    if (!isWhole && partial.isResumed) {
      // What was kept was damaged; it is deleted by now.
      reporter.loaded(0);
      bytes = await this.#fetch(url, this.#partialOf(url), reporter, options);
      isWhole = (await this.#options.digest(bytes)) === sha256;
    }
    if (!isWhole) {
      const message = `The file at ${url.origin}${url.pathname} does not have that hash. Correct the hash, or restore the model.`;
      throw new MeshError('unknown-model', message);
    }
    await this.#cache.put(this.#keyOf(sha256), bytes);
    await this.#cache.keepNewest(MAX_KEPT_URL_MODELS);
    return bytes;
  }

  /** A file beside a model, which its server may change. Throws as {@link load} does. */
  async loadData(
    model: string,
    path: string,
    reporter: ProgressReporter,
    options: FetchOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (!PATH.test(path)) {
      const message = `The model names '${path}' for its weights: a file must be beside the model or in a folder there. Export it so.`;
      throw new MeshError('unknown-model', message);
    }
    const url = new URL(path, model);
    this.#checkAccepted(url);
    return this.#fetch(url, this.#partialOf(url), reporter, options);
  }

  #checkAccepted({ href, protocol, origin, username, search }: URL): void {
    // The server's own folders need no more trust than its list.
    if (href.startsWith(new URL(OWN_MODELS, this.#options.baseUrl).href)) {
      if (search === '') return;
      // Each would be another model, with the same file.
      throw MeshError.badInput(
        "The address of one of the server's own models has no ? in it. Leave it out, and all after it.",
      );
    }
    const isSafe = protocol === 'https:' || origin === this.#options.baseUrl.origin;
    if (isSafe && username === '' && (this.accepted?.includes(origin) ?? true)) return;
    const why = isSafe ? `takes no models from ${origin}` : `fetches models by https only, or from its own server`;
    throw new MeshError(
      'unknown-model',
      `This machine ${why}. Its owner can allow other servers among its limits (\`acceptModelsFrom\`).`,
    );
  }

  async #kept(sha256: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const key = this.#keyOf(sha256);
    const kept = await this.#cache.get(key);
    if (!kept || (await this.#options.digest(kept)) === sha256) return kept;
    await this.#cache.delete(key);
    return null;
  }

  #partialOf(url: URL): PartialFile {
    const { caches, baseUrl } = this.#options;
    return new PartialFile({ caches, baseUrl, id: url.href, isHashed: MODEL_PIN.test(url.hash) });
  }

  async #fetch(
    url: URL,
    partial: PartialFile,
    reporter: ProgressReporter,
    { loadedBytes, signal }: FetchOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { fetch, clock, maxModelBytes, onReceived } = this.#options;
    const tooLarge = (sizeBytes: number | null) => modelTooLarge(url.pathname, sizeBytes, maxModelBytes);
    const host = new ModelHost(url, { fetch, checkAccepted: (target) => this.#checkAccepted(target) });
    return download(url, {
      fetch: (_, init = {}) => host.request(init),
      onSize: (sizeBytes) => {
        if (loadedBytes + sizeBytes > maxModelBytes) throw tooLarge(loadedBytes + sizeBytes);
        reporter.expect(sizeBytes);
      },
      partial,
      clock,
      what: `the model ${url.pathname}`,
      faults: host,
      limitBytes: maxModelBytes - loadedBytes,
      tooLong: () => tooLarge(null),
      cache: 'no-cache',
      signal,
      onBytes: (bytes) => reporter.loaded(bytes),
      onReceived,
    });
  }

  #keyOf(sha256: string): URL {
    return new URL(`by-hash/${sha256}`, this.#options.baseUrl);
  }
}

import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { isModelUrl } from '../../../shared/tasks/infer.ts';
import { loadLanguageFolder } from '../dialogue/language-folder.ts';
import { type DownloadOptions, download, RELOAD } from './download.ts';
import {
  dialogueModelsIn,
  type Manifest,
  type Model,
  type ModelFile,
  type NetworkModel,
  networksIn,
  onnxModelsIn,
  parseManifest,
} from './manifest.ts';
import { ModelCache } from './model-cache.ts';
import { DEFAULT_MODEL_BYTES, modelTooLarge } from './model-size.ts';
import {
  type LanguageFiles,
  type LanguageSource,
  type LoadDataOptions,
  type ModelFileKind,
  type ModelName,
  type ModelProgress,
  type ModelSource,
  type OnnxSource,
  ProgressReporter,
} from './model-source.ts';
import { PartialFile } from './partial-downloads.ts';
import { OWN_MODELS, UrlModels } from './url-models.ts';

/** Longest list of models that is read, bytes. It has 3 kB today; a web page that comes in its place may have any size. */
export const MAX_MANIFEST_BYTES = 256 * 1024;

/** Downloads of a file: caches may answer the first, and the second goes past them all. What is wrong twice is wrong on the server. */
const MAX_ATTEMPTS = 2;

const KEPT_LIST = "The server's list of networks could not be read, so the networks kept by this browser are used.";

export interface ModelStoreOptions {
  /** The folder of `manifest.json`, ending in a slash. */
  baseUrl: URL;
  fetch: typeof globalThis.fetch;
  /** Undefined where pages may keep nothing. */
  caches: CacheStorage | undefined;
  /** SHA-256 in hexadecimal. */
  digest(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  clock: Clock;
  /** The largest model for `infer` that this machine takes, bytes; by default {@link DEFAULT_MODEL_BYTES}. */
  maxModelBytes?: number;
  onProgress?(progress: ModelProgress): void;
  /** Called with the bytes of each part of a download: also of what turns out to be damaged, or is kept by the browser's HTTP cache. */
  onReceived?: (newBytes: number) => void;
}

interface LoadedFile {
  model: NetworkModel;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The models of the server's list. The browser keeps the files under the hash of their content; a file is fetched when it is not kept, and
 * always checked. Holds no file in memory. Models from other servers: {@link UrlModels}.
 */
export class ModelStore implements ModelSource, OnnxSource, LanguageSource {
  readonly #options: ModelStoreOptions;
  readonly #cache: ModelCache;
  readonly #maxModelBytes: number;
  readonly #urlModels: UrlModels;
  /** By network and file: simultaneous loads share a download. */
  readonly #loading = new Map<string, Promise<LoadedFile>>();
  /** Read once, and again after a failure: the server may have been updated since. */
  #manifest: Promise<Manifest> | null = null;
  readonly #notes = new Set<string>();
  readonly #reportedNotes = new Set<string>();

  constructor(options: ModelStoreOptions) {
    this.#options = options;
    const { caches, baseUrl } = options;
    this.#maxModelBytes = options.maxModelBytes ?? DEFAULT_MODEL_BYTES;
    this.#urlModels = new UrlModels({ ...options, maxModelBytes: this.#maxModelBytes });
    this.#cache = new ModelCache({
      caches,
      baseUrl,
      name: 'p2c2r-models',
      onTrouble: (trouble) => this.#notes.add(trouble),
    });
  }

  /** Origins from which models are accepted; null: all that are safe to fetch from. Empty at first. */
  set acceptModelsFrom(origins: readonly string[] | null) {
    this.#urlModels.accepted = origins;
  }

  async load(network: ModelName, kind: ModelFileKind): Promise<{ model: NetworkModel; bytes: ArrayBuffer }> {
    const { model, bytes } = await this.#share(network, kind);
    // A copy for each caller, which may transfer it to another thread.
    return { model, bytes: bytes.slice().buffer };
  }

  async loadOnnx(
    name: string,
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const reporter = this.#reporterFor(name, 'onnx', onShare);
    return this.#reported(reporter, async () => {
      if (isModelUrl(name)) return this.#urlModels.load(name, reporter, signal);
      const { onnx, data = [] } = modelOf(onnxModelsIn(await this.#list()), name).files;
      const sizeBytes = [onnx, ...data].reduce((sum, { bytes }) => sum + bytes, 0);
      if (sizeBytes > this.#maxModelBytes) throw modelTooLarge(`'${name}'`, sizeBytes, this.#maxModelBytes);
      return this.#file(onnx, reporter, signal);
    });
  }

  async loadData(
    name: string,
    path: string,
    { loadedBytes, onShare, signal }: LoadDataOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const reporter = this.#reporterFor(name, 'onnx', onShare);
    return this.#reported(reporter, async () => {
      if (isModelUrl(name)) return this.#urlModels.loadData(name, path, reporter, { loadedBytes, signal });
      const { data = [] } = modelOf(onnxModelsIn(await this.#list()), name).files;
      const file = data.find((one) => one.path === path);
      if (file) return this.#file(file, reporter, signal);
      const message = `The model '${name}' has weights in '${path}', which the server's list does not name. Whoever runs the server should add it.`;
      throw new MeshError('unknown-model', message);
    });
  }

  async isListed(name: string): Promise<boolean> {
    return dialogueModelsIn(await this.#list()).some((model) => model.name === name);
  }

  async loadLanguage(
    model: string | undefined,
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<LanguageFiles> {
    const known = model !== undefined && isModelUrl(model) ? [] : dialogueModelsIn(await this.#list());
    const listed = model === undefined ? known[0] : known.find(({ name }) => name === model);
    if (!listed) return this.#ownLanguage(model, onShare, signal);
    const { name, contextTokens, files } = listed;
    const reporter = this.#reporterFor(name, 'onnx', onShare);
    const tokenizer = await this.#reported(reporter, () => this.#file(files.tokenizer, reporter, signal));
    return { name, onnx: [name], tokenizer, contextTokens };
  }

  /** A language model in a folder: at an address, or one of the server's own. */
  #ownLanguage(
    model: string | undefined,
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<LanguageFiles> {
    if (model === undefined)
      throw new MeshError('unknown-model', "This server has no language model. Use the model 'rules'.");
    const folder = isModelUrl(model)
      ? new URL(model.replace(/\/?$/, '/'))
      : new URL(`${OWN_MODELS}${model}/`, this.#options.baseUrl);
    return loadLanguageFolder(model, folder, (url) => this.loadOnnx(url.href, onShare, signal));
  }

  #share(network: ModelName, kind: ModelFileKind): Promise<LoadedFile> {
    const key = `${network} ${kind}`;
    const pending = this.#loading.get(key);
    if (pending) return pending;
    const loading = this.#load(network, kind).finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  #load(network: ModelName, kind: ModelFileKind): Promise<LoadedFile> {
    const reporter = this.#reporterFor(network, kind);
    return this.#reported(reporter, async () => {
      const model = modelOf(networksIn(await this.#list()), network);
      return { model, bytes: await this.#file(model.files[kind], reporter) };
    });
  }

  async #reported<T>(reporter: ProgressReporter, work: () => Promise<T>): Promise<T> {
    try {
      const loaded = await work();
      reporter.ready(this.#newNotes());
      return loaded;
    } catch (cause) {
      this.#manifest = null;
      const error = MeshError.from(cause, 'connection-failed');
      reporter.failed(error);
      throw error;
    }
  }

  #reporterFor(model: string, kind: ModelFileKind, onShare?: (share: number) => void): ProgressReporter {
    const { clock, onProgress } = this.#options;
    return new ProgressReporter(model, kind, {
      now: () => clock.now(),
      report: (progress) => {
        onProgress?.(progress);
        if (progress.totalBytes > 0) onShare?.(Math.min(1, progress.loadedBytes / progress.totalBytes));
      },
    });
  }

  #list(): Promise<Manifest> {
    this.#manifest ??= this.#readManifest().catch((cause: unknown) => {
      this.#manifest = null;
      throw cause;
    });
    return this.#manifest;
  }

  async #file(file: ModelFile, reporter: ProgressReporter, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    reporter.expect(file.bytes);
    const key = this.#keyOf(file);
    const kept = await this.#cache.get(key);
    if (kept) {
      if (await this.#isWhole(kept, file)) return kept;
      await this.#cache.delete(key);
    }
    const bytes = await this.#fetchFile(file, reporter, signal);
    await this.#cache.put(key, bytes);
    return bytes;
  }

  async #fetchFile(
    file: ModelFile,
    reporter: ProgressReporter,
    signal?: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    for (let attempt = 1; ; attempt++) {
      try {
        reporter.loaded(0);
        return await this.#fetchOnce(file, reporter, attempt === 1 ? 'default' : 'reload', signal);
      } catch (cause) {
        if (attempt >= MAX_ATTEMPTS) throw cause;
      }
    }
  }

  async #fetchOnce(
    file: ModelFile,
    reporter: ProgressReporter,
    cache: RequestCache,
    signal?: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { path, bytes: limitBytes } = file;
    const { caches, baseUrl } = this.#options;
    const bytes = await this.#download(path, {
      limitBytes,
      cache,
      signal,
      partial: new PartialFile({ caches, baseUrl, id: file.sha256, isHashed: true }),
      onBytes: (loadedBytes) => reporter.loaded(loadedBytes),
    });
    if (await this.#isWhole(bytes, file)) return bytes;
    const how = bytes.byteLength < limitBytes ? `only ${bytes.byteLength} of ${limitBytes} bytes came` : 'wrong hash';
    throw new MeshError('malformed', `${path} arrived damaged (${how}). ${RELOAD}`);
  }

  async #readManifest(): Promise<Manifest> {
    const key = new URL('manifest.json', this.#options.baseUrl);
    try {
      const bytes = await this.#download('manifest.json', { limitBytes: MAX_MANIFEST_BYTES, cache: 'no-cache' });
      const manifest = parsed(bytes);
      await this.#cache.put(key, bytes);
      const files = manifest.models.flatMap((model) => Object.values(model.files).flatMap((file) => file ?? []));
      await this.#cache.deleteAllBut([key, ...files.map((file) => this.#keyOf(file))]);
      return manifest;
    } catch (cause) {
      const kept = await this.#cache.get(key);
      const manifest = kept && parsedOrNull(kept);
      if (!manifest) throw cause;
      this.#notes.add(KEPT_LIST);
      return manifest;
    }
  }

  #download(path: string, options: Omit<DownloadOptions, 'fetch' | 'clock' | 'what' | 'tooLong' | 'onReceived'>) {
    const { baseUrl, fetch, clock, onReceived } = this.#options;
    const tooLong = () => new MeshError('malformed', `${path} is longer than ${options.limitBytes} bytes. ${RELOAD}`);
    return download(new URL(path, baseUrl), { ...options, fetch, clock, onReceived, what: path, tooLong });
  }

  async #isWhole(bytes: Uint8Array<ArrayBuffer>, file: ModelFile): Promise<boolean> {
    return bytes.byteLength === file.bytes && (await this.#options.digest(bytes)) === file.sha256;
  }

  /** New content has a new key, whatever the file's name. */
  #keyOf({ path, sha256 }: ModelFile): URL {
    return new URL(`${path}?sha256=${sha256}`, this.#options.baseUrl);
  }

  #newNotes(): string {
    const fresh = [...this.#notes].filter((note) => !this.#reportedNotes.has(note));
    for (const note of fresh) this.#reportedNotes.add(note);
    return fresh.join(' ');
  }
}

function modelOf<M extends Model>(models: readonly M[], wanted: string): M {
  const model = models.find(({ name }) => name === wanted);
  if (model) return model;
  const there = models.map(({ name }) => `'${name}'`).join(', ') || 'none';
  throw new MeshError('unknown-model', `This server has no model '${wanted}'; it has ${there}. Choose one of those.`);
}

function parsed(bytes: Uint8Array): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new MeshError('malformed', `manifest.json is not valid JSON. ${RELOAD}`, { cause });
  }
  return parseManifest(json);
}

function parsedOrNull(bytes: Uint8Array): Manifest | null {
  try {
    return parsed(bytes);
  } catch {
    return null;
  }
}

import * as Comlink from 'comlink';
import { MeshError } from '../../shared/errors.ts';

// What the SDK needs from the page it runs in: its server's address, workers, and the moment the page is left.

/** The server this module was loaded from, which may share its origin with others. Throws MeshError `bad-input` if it was loaded from a file, as in Node. */
export function defaultServerUrl(): string {
  const { protocol } = new URL(import.meta.url);
  if (protocol === 'http:' || protocol === 'https:') return serverOfModule(import.meta.url);
  throw MeshError.badInput(
    "The option 'url' is missing: this copy of the SDK was not loaded from a server. Give the address of yours.",
  );
}

/** @param moduleUrl - of `p2c2r.js`, or of a chunk that the build put into the folder `assets` beside it. */
export function serverOfModule(moduleUrl: string): string {
  const isChunk = /\/assets\/[^/]*$/.test(new URL(moduleUrl).pathname);
  return new URL(isChunk ? '..' : '.', moduleUrl).href;
}

export interface PageVisit {
  /** The page is left for good: others need not wait for a timeout. */
  end(): void;
  /** The page is left, and the browser may keep it for the way back. It keeps none that has connections. */
  suspend(): void;
  /** The person came back to the page, or the browser did not leave it after all. */
  resume(): void;
  /** The machine has a network again, perhaps another one. */
  networkReturned(): void;
  /**
   * The browser froze the page (Page Lifecycle API), or lets it go on: until then no code of it runs. A page that is only hidden is not
   * frozen.
   */
  frozen?(isFrozen: boolean): void;
}

/** Tells what becomes of the page. Returns what stops watching. */
export function watchPage({ end, suspend, resume, networkReturned, frozen }: PageVisit): () => void {
  if (typeof window === 'undefined') return () => {};
  const watching = new AbortController();
  const { signal } = watching;
  const onHide = ({ persisted }: PageTransitionEvent) => (persisted ? suspend() : end());
  const onShow = ({ persisted }: PageTransitionEvent) => {
    if (persisted) resume();
  };
  window.addEventListener('pagehide', onHide, { signal });
  window.addEventListener('pageshow', onShow, { signal });
  // The loss of the network is noticed by each connection itself: those within this machine go on without.
  window.addEventListener('online', networkReturned, { signal });
  document.addEventListener('freeze', () => frozen?.(true), { signal });
  document.addEventListener('resume', () => frozen?.(false), { signal });
  return () => watching.abort();
}

export interface StartedWorker {
  worker: Worker;
  /** Rejects with MeshError `unsupported-browser` if the worker does not start, and with `closed` when it is terminated. */
  failed: Promise<never>;
  /** Ends the worker. Calls that wait for an answer get none, which is why `failed` rejects. */
  terminate(): void;
}

/**
 * Starts a module worker whose file lies beside the SDK's own. A page of another origin may not start it directly, but a worker of its
 * own may import it. Throws MeshError `unsupported-browser` where there are no workers.
 */
export function startWorker(url: string, name: string): StartedWorker {
  if (typeof Worker !== 'function') throw noWorkers();
  const worker = isSameOrigin(url) ? newWorker(url, name) : newImportingWorker(url, name);
  const terminating = new AbortController();
  const failed = new Promise<never>((_, reject) => {
    const starting = new AbortController();
    // After its first message the worker runs. A later uncaught error leaves it running, and the browser logs it.
    worker.addEventListener('message', () => starting.abort(), { signal: starting.signal });
    worker.addEventListener('error', ({ message }) => reject(cannotStart(message || 'its file could not be loaded')), {
      signal: starting.signal,
    });
    terminating.signal.addEventListener('abort', () => reject(MeshError.closed('The worker')));
  });
  // Raced by those who wait for an answer; by itself it must not count as an unhandled rejection.
  failed.catch(() => {});
  const terminate = () => {
    worker.terminate();
    terminating.abort();
  };
  return { worker, failed, terminate };
}

/** What a worker exposes by Comlink. */
export function remoteOf<Api>(worker: Worker): Comlink.Remote<Api> {
  return kept(Comlink.wrap<Api>(worker));
}

/**
 * Keeps every member of a remote for as long as the remote. Comlink makes one for each access, and learns of its end from the garbage
 * collector, whose call is code of the page: a browser drops a page that it kept for the way back when code of it runs, and it collects
 * garbage just then.
 */
function kept<Remote extends object>(remote: Remote): Remote {
  const members = new Map<string, unknown>();
  return new Proxy(remote, {
    get(target, name) {
      const member: unknown = (typeof name === 'string' && members.get(name)) || Reflect.get(target, name);
      // `then` asks for the value itself.
      if (typeof name === 'symbol' || name === 'then' || typeof member !== 'function') return member;
      if (!members.has(name)) members.set(name, kept(member));
      return members.get(name);
    },
  });
}

function isSameOrigin(url: string): boolean {
  return new URL(url, location.href).origin === location.origin;
}

function newWorker(url: string, name: string): Worker {
  return new Worker(url, { type: 'module', name });
}

function newImportingWorker(url: string, name: string): Worker {
  const entry = URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: 'text/javascript' }));
  try {
    return newWorker(entry, name);
  } finally {
    // A worker resolves its URL when it is created.
    URL.revokeObjectURL(entry);
  }
}

/** Node has none, by design: a client there has volunteers compute. */
function noWorkers(): MeshError {
  return new MeshError(
    'unsupported-browser',
    "Nothing can be computed here: there are no Web Workers, as in Node. Wait for volunteers (whenReady), or use where: 'volunteers'.",
  );
}

function cannotStart(why: string): MeshError {
  return new MeshError(
    'unsupported-browser',
    `The worker that computes did not start (${why}). Reload the page; if that does not help, use a current Chrome, Edge or Safari.`,
  );
}

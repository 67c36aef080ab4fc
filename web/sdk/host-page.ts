import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import { CspViolations } from '../../shared/csp-violations.ts';
import { MeshError } from '../../shared/errors.ts';
import { notStarted, startModuleWorker } from '../compute/module-worker.ts';
import { watchForWaking } from './wake-watch.ts';

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
  /** The machine has a network again, perhaps another one, or the page was stopped for a while: connections may be dead. */
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
  const stopWatching = watchForWaking({
    clock: systemClock,
    wallNow: Date.now,
    page: document,
    woke: networkReturned,
  });
  signal.addEventListener('abort', stopWatching);
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
 * Starts a worker whose file lies beside the SDK's own, which may be on another origin. Throws MeshError `unsupported-browser` where there are
 * no workers, or the page's policy allows none.
 */
export function startWorker(address: string, name: string): StartedWorker {
  if (typeof Worker !== 'function') throw noWorkers();
  const url = new URL(address, location.href);
  const policy = new CspViolations();
  const starting = new AbortController();
  const { signal } = starting;
  signal.addEventListener('abort', () => policy.dispose());
  const worker = started(() => startModuleWorker(url, name), starting);
  const terminating = new AbortController();
  const failed = new Promise<never>((_, reject) => {
    // After its first message the worker runs. A later uncaught error leaves it running, and the browser logs it.
    worker.addEventListener('message', () => starting.abort(), { signal });
    const onError = async ({ message }: ErrorEvent) => {
      const error = await notStarted(url, policy, message);
      starting.abort();
      reject(error);
    };
    worker.addEventListener('error', onError, { signal });
    terminating.signal.addEventListener('abort', () => reject(MeshError.closed('The worker')));
  });
  // Raced by those who wait for an answer; by itself it must not count as an unhandled rejection.
  failed.catch(() => {});
  const terminate = () => {
    worker.terminate();
    starting.abort();
    terminating.abort();
  };
  return { worker, failed, terminate };
}

/** Ends the watching where nothing was started. */
function started(start: () => Worker, starting: AbortController): Worker {
  try {
    return start();
  } catch (cause) {
    starting.abort();
    throw cause;
  }
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

/** Node has none, by design: a client there has volunteers compute. */
function noWorkers(): MeshError {
  return new MeshError(
    'unsupported-browser',
    "Nothing can be computed here: there are no Web Workers, as in Node. Wait for volunteers (whenReady), or use where: 'volunteers'.",
  );
}

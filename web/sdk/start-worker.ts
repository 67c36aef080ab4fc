import { MeshError } from '../../shared/errors.ts';

/** A worker of ours, and a promise that rejects with a MeshError: `unsupported-browser` if it does not start, `closed`. */
export interface StartedWorker {
  worker: Worker;
  failed: Promise<never>;
  /** What is still asked of it gets no answer: `failed` rejects. */
  terminate(): void;
}

/**
 * Starts a module worker beside the SDK's own file. A page of another origin may not name our file as its worker, but a worker of
 * its own may import it.
 */
export function startWorker(url: string, name: string): StartedWorker {
  if (typeof Worker !== 'function') throw noWorkers();
  const worker = isSameOrigin(url) ? newWorker(url, name) : newImportingWorker(url, name);
  const terminating = new AbortController();
  const failed = new Promise<never>((_, reject) => {
    const starting = new AbortController();
    // Once it has said something it runs: a later uncaught error leaves it running, and the browser logs it.
    worker.addEventListener('message', () => starting.abort(), { signal: starting.signal });
    worker.addEventListener('error', ({ message }) => reject(cannotStart(message || 'its file could not be loaded')), {
      signal: starting.signal,
    });
    terminating.signal.addEventListener('abort', () => reject(MeshError.closed('The worker')));
  });
  // Raced by those who wait for an answer; on its own it is not an unhandled one.
  failed.catch(() => {});
  const terminate = () => {
    worker.terminate();
    terminating.abort();
  };
  return { worker, failed, terminate };
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
    // The worker holds on to what the address meant when it was made.
    URL.revokeObjectURL(entry);
  }
}

/** In Node, by design: there a client has others compute. */
function noWorkers(): MeshError {
  return new MeshError(
    'unsupported-browser',
    "Nothing can be computed here: there are no Web Workers, as in Node. Wait for volunteers (whenReady), or say where: 'volunteers'.",
  );
}

function cannotStart(why: string): MeshError {
  return new MeshError(
    'unsupported-browser',
    `The worker that computes did not start (${why}). Reload the page; if that does not help, use a current Chrome, Edge or Safari.`,
  );
}

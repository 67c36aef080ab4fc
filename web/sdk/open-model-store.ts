import { systemClock } from '../../shared/clock.ts';
import { sha256Hex } from '../compute/models/download.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import { ModelStore } from '../compute/models/model-store.ts';

/**
 * The networks of the server that a worker came from, whatever page started it.
 *
 * @param workerUrl - its `import.meta.url`: workers lie in a folder beside that of the models, in the sources and in the build.
 */
export function openModelStore(workerUrl: string, onProgress: (progress: ModelProgress) => void): ModelStore {
  return new ModelStore({
    baseUrl: new URL('../models/', workerUrl),
    fetch: (input, init) => fetch(input, init),
    caches: cachesOfThisPage(),
    digest: (bytes) => sha256Hex(bytes, crypto.subtle),
    clock: systemClock,
    onProgress,
  });
}

/** A page in a sandbox may not even ask for them. */
function cachesOfThisPage(): CacheStorage | undefined {
  try {
    return globalThis.caches;
  } catch {
    return undefined;
  }
}

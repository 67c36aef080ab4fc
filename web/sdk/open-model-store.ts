import { systemClock } from '../../shared/clock.ts';
import { sha256Hex } from '../compute/models/download.ts';
import { ownModelBytes } from '../compute/models/model-size.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import { ModelStore } from '../compute/models/model-store.ts';

/**
 * A store of the networks on the server that a worker was loaded from, whatever page started the worker.
 *
 * @param workerUrl - the worker's `import.meta.url`. In the sources and in the build, workers lie in a folder beside the models'.
 * @param onReceived - called with the bytes of each part of a download
 */
export function openModelStore(
  workerUrl: string,
  onProgress: (progress: ModelProgress) => void,
  onReceived: (newBytes: number) => void = () => {},
): ModelStore {
  return new ModelStore({
    baseUrl: new URL('../models/', workerUrl),
    fetch: (input, init) => fetch(input, init),
    caches: cachesOfThisPage(),
    digest: (bytes) => sha256Hex(bytes, crypto.subtle),
    clock: systemClock,
    maxModelBytes: ownModelBytes(),
    onProgress,
    onReceived,
  });
}

/** Undefined where even reading the property throws, as in a sandboxed page. */
function cachesOfThisPage(): CacheStorage | undefined {
  try {
    return globalThis.caches;
  } catch {
    return undefined;
  }
}

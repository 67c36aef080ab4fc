import glueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import binaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { COMPUTE } from '../tuning.ts';
import { fetchRuntime, type OrtRuntime, toRuntimeError } from './runtime.ts';

let loaded: Promise<OrtRuntime> | null = null;

/**
 * onnxruntime-web for the processor: SIMD, and threads where the page is isolated. Fetched when it is first asked for. One for all of a
 * worker, and kept as long as that lives: the library is global and cannot be unloaded. Throws MeshError `connection-failed`,
 * `unsupported-browser`.
 */
export function cpuRuntime(): Promise<OrtRuntime> {
  loaded ??= load().catch((cause: unknown) => {
    // The next one who asks tries again.
    loaded = null;
    throw toRuntimeError(cause);
  });
  return loaded;
}

async function load(): Promise<OrtRuntime> {
  const [ort, binary] = await Promise.all([import('onnxruntime-web/wasm'), fetchRuntime(glueUrl, binaryUrl)]);
  Object.assign(ort.env.wasm, binary, {
    numThreads: threadsOf(self.crossOriginIsolated, navigator.hardwareConcurrency),
  });
  return ort;
}

/**
 * Without shared memory there are no threads. One core is left to the page, the codecs and whatever else runs: with a thread on every
 * core each run waits for the one that was taken away (here, on two busy cores, 90 ms instead of 62).
 */
export function threadsOf(isIsolated: boolean, cores: number): number {
  return isIsolated ? Math.min(Math.max(1, cores - 1), COMPUTE.maxRuntimeThreads) : 1;
}

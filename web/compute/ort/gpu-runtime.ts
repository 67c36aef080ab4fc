import type * as Ort from 'onnxruntime-web';
import asyncifyGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import asyncifyBinaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import jspiGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import jspiBinaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import { createSession, fetchRuntime, type OrtRuntime, toRuntimeError } from './runtime.ts';

let loaded: Promise<OrtRuntime> | null = null;
let last: Promise<unknown> = Promise.resolve();

/** onnxruntime-web for WebGPU; otherwise as {@link cpuRuntime}. */
export function gpuRuntime(): Promise<OrtRuntime> {
  loaded ??= load().catch((cause: unknown) => {
    // The next one who asks tries again.
    loaded = null;
    throw toRuntimeError(cause);
  });
  return loaded;
}

/** One after another: the library neither makes two sessions for WebGPU at a time nor runs two. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => {
    // Whoever asked for it hears of it.
  });
  return done;
}

/** A session on a device that is not the library's. */
export async function gpuSession(device: GPUDevice, bytes: Uint8Array): Promise<Ort.InferenceSession> {
  const runtime = await gpuRuntime();
  // Channels last is what the library's WebGPU convolutions are written for.
  const provider = { name: 'webgpu', device, preferredLayout: 'NHWC' } as const;
  return inTurn(() => createSession(runtime, bytes, { executionProviders: [provider] }));
}

async function load(): Promise<OrtRuntime> {
  // Where WebAssembly can wait for a promise by itself it is 17 MB, else 27.
  const [ort, binary] = await (Reflect.has(WebAssembly, 'Suspending')
    ? Promise.all([import('onnxruntime-web/jspi'), fetchRuntime(jspiGlueUrl, jspiBinaryUrl)])
    : Promise.all([import('onnxruntime-web/webgpu'), fetchRuntime(asyncifyGlueUrl, asyncifyBinaryUrl)]));
  // The work is the GPU's: threads would only wait.
  Object.assign(ort.env.wasm, binary, { numThreads: 1 });
  return ort;
}

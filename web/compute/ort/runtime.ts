import type * as Ort from 'onnxruntime-web';
import asyncifyGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import asyncifyBinaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import jspiGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import jspiBinaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import glueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import binaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { MeshError } from '../../../shared/errors.ts';

/** Threads of onnxruntime-web: its own limit, beyond which small networks gain nothing. */
export const MAX_RUNTIME_THREADS = 4;

/** What we use of onnxruntime-web, whichever of its builds it is. */
export type OrtRuntime = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>;

/**
 * Fetches a build's parts in advance. The library would do it itself, but gives up for good when that fails once. Throws MeshError
 * `connection-failed`.
 */
export async function fetchRuntime(glueUrl: string, binaryUrl: string) {
  // Relative addresses would be taken to be beside the library's own file.
  const glue = new URL(glueUrl, import.meta.url).href;
  const [wasmBinary] = await Promise.all([fetchBytes(binaryUrl), import(/* @vite-ignore */ glue)]);
  return { wasmPaths: { mjs: glue }, wasmBinary };
}

/** Makes a session, and with the first one the library is set up: then it needs its binary no more. */
export async function createSession(
  { env, InferenceSession }: OrtRuntime,
  bytes: Uint8Array,
  options: Ort.InferenceSession.SessionOptions,
): Promise<Ort.InferenceSession> {
  // Its warnings are of operators that it runs elsewhere than asked, which is no concern of whoever reads the console.
  const session = await InferenceSession.create(bytes, { ...options, logSeverityLevel: 3 });
  delete env.wasm.wasmBinary;
  return session;
}

async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const response = await fetch(new URL(url, import.meta.url));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

export function toRuntimeError(cause: unknown): MeshError {
  if (cause instanceof MeshError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MeshError('connection-failed', `What runs the networks could not be loaded (${reason}). Try again.`, {
    cause,
  });
}

/** What a network's failure to run comes to. */
export function toRunError(cause: unknown): MeshError {
  if (cause instanceof MeshError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MeshError('volunteer-failed', `onnxruntime-web could not run the network (${reason.slice(0, 200)}).`, {
    cause,
  });
}

let cpuLoaded: Promise<OrtRuntime> | null = null;

/**
 * onnxruntime-web for the processor: SIMD, and threads where the page is isolated. Fetched when it is first asked for. One for all of a
 * worker, and kept as long as that lives: the library is global and cannot be unloaded. Throws MeshError `connection-failed`,
 * `unsupported-browser`.
 */
export function cpuRuntime(): Promise<OrtRuntime> {
  cpuLoaded ??= loadCpu().catch((cause: unknown) => {
    // The next one who asks tries again.
    cpuLoaded = null;
    throw toRuntimeError(cause);
  });
  return cpuLoaded;
}

async function loadCpu(): Promise<OrtRuntime> {
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
  return isIsolated ? Math.min(Math.max(1, cores - 1), MAX_RUNTIME_THREADS) : 1;
}

let gpuLoaded: Promise<OrtRuntime> | null = null;
let last: Promise<unknown> = Promise.resolve();

/** onnxruntime-web for WebGPU; otherwise as {@link cpuRuntime}. */
export function gpuRuntime(): Promise<OrtRuntime> {
  gpuLoaded ??= loadGpu().catch((cause: unknown) => {
    // The next one who asks tries again.
    gpuLoaded = null;
    throw toRuntimeError(cause);
  });
  return gpuLoaded;
}

/** One after another: the library neither makes two sessions for WebGPU at a time nor runs two. */
export function serialized<T>(work: () => Promise<T>): Promise<T> {
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
  return serialized(() => createSession(runtime, bytes, { executionProviders: [provider] }));
}

async function loadGpu(): Promise<OrtRuntime> {
  // Where WebAssembly can wait for a promise by itself it is 17 MB, else 27.
  const [ort, binary] = await (Reflect.has(WebAssembly, 'Suspending')
    ? Promise.all([import('onnxruntime-web/jspi'), fetchRuntime(jspiGlueUrl, jspiBinaryUrl)])
    : Promise.all([import('onnxruntime-web/webgpu'), fetchRuntime(asyncifyGlueUrl, asyncifyBinaryUrl)]));
  // The work is the GPU's: threads would only wait.
  Object.assign(ort.env.wasm, binary, { numThreads: 1 });
  return ort;
}

import type * as Ort from 'onnxruntime-web';
import asyncifyGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import asyncifyBinaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import jspiGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import jspiBinaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import glueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import binaryUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { fetchOwn } from '../../../shared/csp-violations.ts';
import { MeshError } from '../../../shared/errors.ts';
import { isOutOfMemory } from './broken-runtime.ts';

/** Longest part, in characters, of the library's error that is passed on: some are pages long. */
const MAX_CAUSE_CHARS = 200;

/** Threads of onnxruntime-web: its own limit, beyond which small networks gain nothing. */
export const MAX_RUNTIME_THREADS = 4;

/** What is used of onnxruntime-web, whichever build it is. */
export type OrtRuntime = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>;

/**
 * Fetches the parts of a build in advance: the library would do so itself, but never tries again when that fails once. Throws MeshError
 * `connection-failed`.
 */
export async function fetchRuntime(glueUrl: string, binaryUrl: string) {
  // A relative address would be resolved against the library's own file.
  const glue = new URL(glueUrl, import.meta.url).href;
  const [wasmBinary] = await Promise.all([fetchBytes(binaryUrl), import(/* @vite-ignore */ glue)]);
  return { wasmPaths: { mjs: glue }, wasmBinary };
}

/**
 * Creates a session. The first one initialises the library, which needs its binary no more after that. Throws what the library throws, and
 * MeshError `unsupported-browser` where the page's policy forbids WebAssembly.
 */
export async function createSession(
  { env, InferenceSession }: OrtRuntime,
  bytes: Uint8Array,
  options: Ort.InferenceSession.SessionOptions,
): Promise<Ort.InferenceSession> {
  // Warnings are about operators that run on another device than asked, which helps no reader of the console.
  const creating = InferenceSession.create(bytes, { ...options, logSeverityLevel: 3 });
  const session = await creating.catch((cause: unknown) => {
    throw isForbidden(cause) ? webAssemblyForbidden(cause) : cause;
  });
  delete env.wasm.wasmBinary;
  return session;
}

/** Browsers say in their own words that a policy forbids WebAssembly, but all of them name the policy. */
function isForbidden(cause: unknown): boolean {
  return cause instanceof Error && /Content.Security.Policy|\bCSP\b/i.test(cause.message);
}

function webAssemblyForbidden(cause: unknown): MeshError {
  const message = "No model runs here: the page's Content-Security-Policy must allow 'wasm-unsafe-eval' in script-src.";
  return new MeshError('unsupported-browser', message, { cause });
}

async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const response = await fetchOwn(new URL(url, import.meta.url));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

export function toRuntimeError(cause: unknown): MeshError {
  if (cause instanceof MeshError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MeshError('connection-failed', `onnxruntime-web could not be loaded (${reason}). Try again.`, {
    cause,
  });
}

/** How onnxruntime-web says that a model does not take what it was given: an index beyond a table, sizes that do not fit (ORT_INVALID_ARGUMENT). */
const INVALID_ARGUMENT = /\bERROR_CODE: 2\b/;

/** Converts an error of a run. What lies in the inputs, as their size, is no volunteer's fault. */
export function toRunError(cause: unknown): MeshError {
  if (cause instanceof MeshError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const why = reason.slice(0, MAX_CAUSE_CHARS);
  if (INVALID_ARGUMENT.test(reason))
    return new MeshError('bad-input', `The model does not take these inputs (${why}). Correct them.`, { cause });
  if (isOutOfMemory(cause)) {
    const message = `The memory did not suffice to run the model (${why}). Give it smaller inputs, or run it on another machine.`;
    return new MeshError('too-large', message, { cause });
  }
  const message = `onnxruntime-web could not run the model (${why}). Try again, or use other inputs or another model.`;
  return new MeshError('volunteer-failed', message, { cause });
}

let cpuLoaded: Promise<OrtRuntime> | null = null;

/**
 * onnxruntime-web for the processor, with SIMD, and with threads where the page is cross-origin isolated. Fetched when it is first needed.
 * The library is global and cannot be unloaded, so a worker has one for its lifetime. Throws MeshError `connection-failed`, `unsupported-
 * browser`.
 */
export function cpuRuntime(): Promise<OrtRuntime> {
  cpuLoaded ??= loadCpu().catch((cause: unknown) => {
    // The next call tries again.
    cpuLoaded = null;
    throw toRuntimeError(cause);
  });
  return cpuLoaded;
}

async function loadCpu(): Promise<OrtRuntime> {
  const [ort, binary] = await Promise.all([import('onnxruntime-web/wasm'), fetchRuntime(glueUrl, binaryUrl)]);
  Object.assign(ort.env.wasm, binary, {
    numThreads: runtimeThreads(self.crossOriginIsolated, navigator.hardwareConcurrency),
  });
  return ort;
}

/**
 * Threads need shared memory. One core is left to the page, the codecs and other work: with a thread on every core each run waits for the
 * thread whose core was taken away (on two busy cores, 90 ms instead of 62).
 */
export function runtimeThreads(isIsolated: boolean, cores: number): number {
  return isIsolated ? Math.min(Math.max(1, cores - 1), MAX_RUNTIME_THREADS) : 1;
}

/** What the packed SDK's plugin for Vite (deploy/sdk/vite.js) writes in place of the names of files that a site does without. */
const LEFT_OUT = 'left-out-of-this-site';

function leftOut(): MeshError {
  const message =
    "This site was built without the runtime that runs models on the graphics card: build it with p2c2r({ onnxRuntime: 'all' }).";
  return new MeshError('unsupported-browser', message);
}

let gpuLoaded: Promise<OrtRuntime> | null = null;
let last: Promise<unknown> = Promise.resolve();

/** onnxruntime-web for WebGPU; otherwise as {@link cpuRuntime}. */
export function gpuRuntime(): Promise<OrtRuntime> {
  gpuLoaded ??= loadGpu().catch((cause: unknown) => {
    // The next call tries again.
    gpuLoaded = null;
    throw toRuntimeError(cause);
  });
  return gpuLoaded;
}

/** Runs one piece of work after another: the library can neither create nor run two WebGPU sessions at a time. */
export function serialized<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => {
    // The caller gets the error.
  });
  return done;
}

/** Creates a session on a device that the library does not own. */
export async function gpuSession(
  device: GPUDevice,
  bytes: Uint8Array,
  externalData: { path: string; data: Uint8Array }[] = [],
): Promise<Ort.InferenceSession> {
  const runtime = await gpuRuntime();
  // The library's WebGPU convolutions are written for channels last.
  const provider = { name: 'webgpu', device, preferredLayout: 'NHWC' } as const;
  return serialized(() => createSession(runtime, bytes, { executionProviders: [provider], externalData }));
}

async function loadGpu(): Promise<OrtRuntime> {
  if (asyncifyBinaryUrl.endsWith(LEFT_OUT)) throw leftOut();
  // The build is 17 MB where WebAssembly can wait for promises (JavaScript Promise Integration), otherwise 27.
  const [ort, binary] = await (Reflect.has(WebAssembly, 'Suspending')
    ? Promise.all([import('onnxruntime-web/jspi'), fetchRuntime(jspiGlueUrl, jspiBinaryUrl)])
    : Promise.all([import('onnxruntime-web/webgpu'), fetchRuntime(asyncifyGlueUrl, asyncifyBinaryUrl)]));
  // The GPU does the work: threads would only wait.
  Object.assign(ort.env.wasm, binary, { numThreads: 1 });
  return ort;
}

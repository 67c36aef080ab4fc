import { lacking } from '../../../shared/browser-needs.ts';
import { fetchOwn } from '../../../shared/csp-violations.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import { filtersAreCorrect } from '../filter-benchmark.ts';
import type { ModelSource } from '../models/model-source.ts';
import { kernelThreads } from './kernel-threads.ts';
import plainUrl from './kernels.wasm?url';
import threadsUrl from './kernels-threads.wasm?url';
import { WasmBackend } from './wasm-backend.ts';
import type { KernelModule } from './workspace.ts';

const log = logger('compute.wasm');

/** The backend, or a half sentence on why there is none. */
export type OpenedWasm = { backend: WasmBackend; problem: null } | { backend: null; problem: string };

interface OpenOptions {
  models?: ModelSource;
  now(): number;
}

/** Loads the kernels of the processor and checks their filters. Networks are checked when they are first needed. */
export async function openWasm(options: OpenOptions): Promise<OpenedWasm> {
  try {
    return { backend: await openWithMostThreads(options), problem: null };
  } catch (cause) {
    const { reason, message } = MeshError.from(cause);
    log.warn('no kernels on the processor', { reason });
    return { backend: null, problem: message };
  }
}

/** Memory for threads takes half a gigabyte of addresses, which 32-bit browsers may not have: one thread still beats plain JavaScript tenfold. */
async function openWithMostThreads(options: OpenOptions): Promise<WasmBackend> {
  const threads = mostThreads();
  if (threads > 1) {
    try {
      return await openChecked(options, threads);
    } catch (cause) {
      log.warn('no threads for the kernels', { why: MeshError.from(cause).message });
    }
  }
  return openChecked(options, 1);
}

/** Throws MeshError, and what WebAssembly throws. */
async function openChecked({ models, now }: OpenOptions, threads: number): Promise<WasmBackend> {
  const { kernels } = await loadKernels(threads);
  const loadUnshared = async () => (await loadKernels(1)).kernels;
  const backend = new WasmBackend({ kernels, threads, loadUnshared, models, now });
  try {
    if (await filtersAreCorrect(backend)) return backend;
    throw new MeshError('volunteer-failed', 'WebAssembly computes wrong');
  } catch (cause) {
    backend.dispose();
    throw cause;
  }
}

function mostThreads(): number {
  return kernelThreads(self.crossOriginIsolated === true, navigator.hardwareConcurrency);
}

/**
 * Fetches and compiles the kernels, by default for several threads where memory can be shared; one thread's memory is not shared. Throws MeshError `unsupported-browser` where WebAssembly
 * or its vectors are missing or forbidden, `connection-failed` where the kernels cannot be fetched.
 */
export async function loadKernels(threads = mostThreads()): Promise<{ kernels: KernelModule; threads: number }> {
  const bytes = await fetched(threads > 1 ? threadsUrl : plainUrl);
  return { kernels: { module: await compiled(bytes), isShared: threads > 1 }, threads };
}

async function fetched(url: string): Promise<ArrayBuffer> {
  try {
    const response = await fetchOwn(new URL(url, import.meta.url));
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return await response.arrayBuffer();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MeshError('connection-failed', `the kernels could not be fetched: ${reason}`, { cause });
  }
}

async function compiled(bytes: ArrayBuffer): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === 'undefined') throw lacking('webAssembly');
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const isValid = WebAssembly.validate(bytes);
    // What is valid and does not compile is forbidden: by the page's policy, or by the person's settings.
    if (!isValid) throw lacking('vectors', undefined, { cause });
    const why = "WebAssembly is forbidden here; the page's Content-Security-Policy must allow 'wasm-unsafe-eval'.";
    throw new MeshError('unsupported-browser', why, { cause });
  }
}

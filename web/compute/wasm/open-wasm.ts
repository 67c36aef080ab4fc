import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import { filtersAreCorrect } from '../filter-benchmark.ts';
import type { ModelSource } from '../models/model-source.ts';
import { loadKernels } from './kernel-module.ts';
import { WasmBackend } from './wasm-backend.ts';

const log = logger('compute.wasm');

/** The backend, or a half sentence on why there is none. */
export type OpenedWasm = { backend: WasmBackend; problem: null } | { backend: null; problem: string };

/** Loads the kernels of the processor and checks their filters. Networks are checked when they are first needed. */
export async function openWasm({ models, now }: { models?: ModelSource; now(): number }): Promise<OpenedWasm> {
  let backend: WasmBackend | null = null;
  try {
    const { kernels, threads } = await loadKernels();
    backend = new WasmBackend({ kernels, threads, models, now });
    if (await filtersAreCorrect(backend)) return { backend, problem: null };
    throw new MeshError('volunteer-failed', 'WebAssembly computes wrong');
  } catch (cause) {
    backend?.dispose();
    const { reason, message } = MeshError.from(cause);
    log.warn('no kernels on the processor', { reason });
    return { backend: null, problem: message };
  }
}

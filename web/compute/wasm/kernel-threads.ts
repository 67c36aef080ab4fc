import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import { startModuleWorker } from '../module-worker.ts';
import type { KernelJob } from './kernel-instance.ts';
import type { FromThread, ThreadWork, ToThread } from './kernels.worker.ts';
import threadUrl from './kernels.worker.ts?worker&url';
import type { Workspace } from './workspace.ts';

const log = logger('compute.threads');

/** Most threads on one picture, that of the engine included: a row needs those around it, and each thread computes those at its edges again. */
const MAX_THREADS = 4;

/** Threads, where memory can be shared: the engine's own, and a helper for each other core. */
export function kernelThreads(isIsolated: boolean, cores: number): number {
  return isIsolated ? Math.min(Math.max(1, cores), MAX_THREADS) : 1;
}

interface Helper {
  worker: Worker;
  isReady: boolean;
  /** The workspaces that it was given. */
  opened: Set<number>;
  /** Work that it was sent and has not finished, in order. */
  waiting: { resolve(): void; reject(error: MeshError): void }[];
}

/**
 * Workers that compute rows of a picture beside the engine's own thread, in memory that both see. They are started with the first job,
 * which does not wait for them.
 */
export class KernelThreads {
  readonly #module: WebAssembly.Module;
  readonly #count: number;
  readonly #workspaces = new Map<Workspace, number>();
  #helpers: Helper[] | null = null;
  #nextWorkspace = 0;
  #isDisposed = false;

  /** @param threads - including the one that calls. */
  constructor(module: WebAssembly.Module, threads: number) {
    this.#module = module;
    this.#count = threads - 1;
  }

  /** Threads that a job started now would have, including the one that calls. */
  get available(): number {
    if (this.#isDisposed) return 1;
    this.#helpers ??= Array.from({ length: this.#count }, () => this.#start());
    return 1 + this.#helpers.filter(({ isReady }) => isReady).length;
  }

  /**
   * Lets threads from 1 to before `threads` compute. Ends when all of them found no more rows. Throws MeshError `volunteer-failed` when one ended
   * meanwhile, which may have left rows undone.
   */
  async help(workspace: Workspace, job: KernelJob, threads: number): Promise<void> {
    const ready = (this.#helpers ?? []).filter(({ isReady }) => isReady).slice(0, threads - 1);
    const id = this.#workspaces.get(workspace) ?? this.#nextWorkspace++;
    this.#workspaces.set(workspace, id);
    const helping = ready.map((helper, i) => {
      if (!helper.opened.has(id)) post(helper.worker, { kind: 'open', workspace: id, memory: workspace.memory });
      helper.opened.add(id);
      const work: ThreadWork = { workspace: id, job, thread: i + 1 };
      post(helper.worker, { kind: 'work', work });
      return new Promise<void>((resolve, reject) => helper.waiting.push({ resolve, reject }));
    });
    // Also after a failure: the others still write into the workspace.
    for (const result of await Promise.allSettled(helping)) if (result.status === 'rejected') throw result.reason;
  }

  forget(workspace: Workspace): void {
    const id = this.#workspaces.get(workspace);
    if (id === undefined) return;
    this.#workspaces.delete(workspace);
    for (const { worker, opened } of this.#helpers ?? [])
      if (opened.delete(id)) post(worker, { kind: 'forget', workspace: id });
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const helper of this.#helpers ?? []) this.#end(helper, 'the threads were ended');
    this.#workspaces.clear();
  }

  #start(): Helper {
    const worker = startModuleWorker(new URL(threadUrl, import.meta.url), 'P2C2R kernels');
    const helper: Helper = { worker, isReady: false, opened: new Set(), waiting: [] };
    worker.onmessage = ({ data }: MessageEvent<FromThread>) => {
      if (data.kind === 'started') helper.isReady = true;
      else if (data.kind === 'done') helper.waiting.shift()?.resolve();
      else this.#end(helper, data.error);
    };
    worker.onerror = ({ message }) => this.#end(helper, message || 'its file could not be fetched');
    post(worker, { kind: 'start', module: this.#module });
    return helper;
  }

  /** Its work is done by the other threads from then on. */
  #end(helper: Helper, why: string): void {
    helper.isReady = false;
    helper.worker.terminate();
    if (!this.#isDisposed) log.warn('a thread ended', { why });
    for (const waiting of helper.waiting.splice(0))
      waiting.reject(new MeshError('volunteer-failed', `A thread of the kernels ended (${why}). Try again.`));
  }
}

function post(worker: Worker, message: ToThread): void {
  worker.postMessage(message);
}

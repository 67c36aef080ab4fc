import { KernelInstance, type KernelJob, rowsPerCall } from './kernel-instance.ts';
import { CLAIMS_ADDRESS, RowClaims } from './row-claims.ts';

/** A thread's share of a job. */
export interface ThreadWork {
  /** Names the memory. */
  workspace: number;
  job: KernelJob;
  /** Index of the thread. */
  thread: number;
}

export type ToThread =
  | { kind: 'start'; module: WebAssembly.Module }
  /** Comes once before work in a memory and not with each picture: it is the largest part of a message. */
  | { kind: 'open'; workspace: number; memory: WebAssembly.Memory }
  | { kind: 'work'; work: ThreadWork }
  | { kind: 'forget'; workspace: number };

/** `error` is the message of what went wrong. */
export type FromThread = { kind: 'started' } | { kind: 'done' } | { kind: 'failed'; error: string };

/** A helper of the engine: computes rows of pictures in memory that it shares with it. */
let module: WebAssembly.Module | null = null;
const opened = new Map<number, { memory: WebAssembly.Memory; kernels: KernelInstance }>();

self.onmessage = ({ data }: MessageEvent<ToThread>) => {
  try {
    switch (data.kind) {
      case 'start':
        module = data.module;
        return answer({ kind: 'started' });
      case 'open':
        return open(data.workspace, data.memory);
      case 'work':
        compute(data.work);
        return answer({ kind: 'done' });
      case 'forget':
        opened.delete(data.workspace);
    }
  } catch (cause) {
    answer({ kind: 'failed', error: cause instanceof Error ? cause.message : String(cause) });
  }
};

function open(workspace: number, memory: WebAssembly.Memory): void {
  if (!module) throw new Error('no kernels');
  opened.set(workspace, { memory, kernels: new KernelInstance(module, memory) });
}

/** Computes until no rows are left. Messages wait meanwhile: a job that is given up leaves no rows. */
function compute({ workspace, job, thread }: ThreadWork): void {
  const known = opened.get(workspace);
  if (!known) throw new Error('no memory');
  const rows = known.kernels.open(job, thread);
  const parts = new Int32Array(known.memory.buffer, CLAIMS_ADDRESS, job.scratch.length);
  const mine = new RowClaims(parts, rowsPerCall(job));
  for (let next = mine.take(thread); next; next = mine.take(thread)) rows(next.from, next.to);
}

function answer(message: FromThread): void {
  self.postMessage(message);
}

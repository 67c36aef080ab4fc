import { KernelInstance, type KernelJob, rowsPerCall } from './kernel-instance.ts';
import { RowClaims } from './row-claims.ts';

/** A thread's share of a job. */
export interface ThreadWork {
  /** Names the memory in later messages. */
  workspace: number;
  memory: WebAssembly.Memory;
  job: KernelJob;
  /** Index of the thread, and where in the memory its claims to rows are. */
  thread: number;
  claims: number;
}

export type ToThread =
  | { kind: 'start'; module: WebAssembly.Module }
  | { kind: 'work'; work: ThreadWork }
  | { kind: 'forget'; workspace: number };

/** `error` is the message of what went wrong. */
export type FromThread = { kind: 'started' } | { kind: 'done' } | { kind: 'failed'; error: string };

/** A helper of the engine: computes rows of pictures in memory that it shares with it. */
let module: WebAssembly.Module | null = null;
const opened = new Map<number, { memory: WebAssembly.Memory; kernels: KernelInstance }>();

self.onmessage = ({ data }: MessageEvent<ToThread>) => {
  try {
    if (data.kind === 'work') compute(data.work);
    else if (data.kind === 'forget') opened.delete(data.workspace);
    else module = data.module;
    if (data.kind !== 'forget') answer({ kind: data.kind === 'work' ? 'done' : 'started' });
  } catch (cause) {
    answer({ kind: 'failed', error: cause instanceof Error ? cause.message : String(cause) });
  }
};

/** Computes until no rows are left. Messages wait meanwhile: a job that is given up leaves no rows. */
function compute({ workspace, memory, job, thread, claims }: ThreadWork): void {
  if (!module) throw new Error('no kernels');
  const known = opened.get(workspace) ?? { memory, kernels: new KernelInstance(module, memory) };
  opened.set(workspace, known);
  const rows = known.kernels.open(job, thread);
  const parts = new Int32Array(memory.buffer, claims, job.scratch.length);
  const mine = new RowClaims(parts, rowsPerCall(job));
  for (let next = mine.take(thread); next; next = mine.take(thread)) rows(next.from, next.to);
}

function answer(message: FromThread): void {
  self.postMessage(message);
}

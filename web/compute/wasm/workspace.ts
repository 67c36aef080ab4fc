import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import { KernelInstance } from './kernel-instance.ts';

const log = logger('compute.wasm');

const PAGE_BYTES = 64 * 1024;

/** Largest memory, pages of 64 KiB: the largest result, doubled by a network before it is made smaller, and its source. */
const MAX_PAGES = 8_192;

/** Before it lie only the claims to rows, at CLAIMS_ADDRESS; address 0 stays free. */
const START = 1_024;

/** Vectors are loaded fastest from multiples of 16, and threads must not write to the same line of a cache, 64 bytes. */
const ALIGNMENT = 64;

/** Compiled kernels; with shared memory, threads can compute in it. */
export interface KernelModule {
  module: WebAssembly.Module;
  isShared: boolean;
}

/** Memory with the kernels on it, for one job at a time. */
export class Workspace {
  readonly memory: WebAssembly.Memory;
  /** Whether threads can compute in it. */
  readonly isShared: boolean;
  readonly kernels: KernelInstance;
  #top = START;

  /** Throws what WebAssembly throws where there is no room: shared memory takes the addresses of its largest size at once. */
  constructor({ module, isShared }: KernelModule) {
    this.isShared = isShared;
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: isShared });
    this.kernels = new KernelInstance(module, this.memory);
  }

  get sizeBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Forgets what was placed. */
  clear(): void {
    this.#top = START;
  }

  /** Address of new room. Views made earlier may be detached. Throws MeshError `volunteer-failed` when the browser has no memory left. */
  place(sizeBytes: number): number {
    const address = this.#top;
    this.#top = Math.ceil((address + sizeBytes) / ALIGNMENT) * ALIGNMENT;
    // Kernels may load a few bytes past the end.
    const missing = this.#top + ALIGNMENT - this.sizeBytes;
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  }

  /** Places values. */
  put(values: Int32Array | Int16Array | Float32Array | Uint8Array): number {
    const address = this.place(values.byteLength);
    this.bytes(address, values.byteLength).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return address;
  }

  /** A view, valid until something else is placed. */
  bytes(address: number, sizeBytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, sizeBytes);
  }

  #grow(pages: number): void {
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw noMemory(cause);
    }
  }
}

function noMemory(cause: unknown): MeshError {
  return new MeshError(
    'volunteer-failed',
    'The browser has too little memory for this picture. Close other tabs, or use a smaller picture.',
    { cause },
  );
}

/** Memory, bytes, above which a workspace is not kept: that of a 4K frame. A memory cannot shrink. */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;

/** Workspaces kept for the next job: frames interrupt tasks, and tasks frames. */
const MAX_KEPT = 3;

export interface WorkspacePoolOptions {
  kernels: KernelModule;
  /** Loads kernels for memory that is not shared. Undefined: there is nothing to fall back to. */
  loadUnshared?: (() => Promise<KernelModule>) | undefined;
  /** Called for each workspace that is not used again. */
  onDropped(workspace: Workspace): void;
}

/** Lends workspaces. */
export class WorkspacePool {
  readonly #options: WorkspacePoolOptions;
  #kernels: KernelModule;
  readonly #free: Workspace[] = [];
  #isDisposed = false;

  constructor(options: WorkspacePoolOptions) {
    this.#options = options;
    this.#kernels = options.kernels;
  }

  /** Runs a job that has a workspace to itself. Throws MeshError `closed`, `volunteer-failed` when there is no memory, and what the job throws. */
  async lend<T>(job: (workspace: Workspace) => Promise<T>): Promise<T> {
    if (this.#isDisposed) throw MeshError.closed('The compute engine');
    const workspace = this.#free.pop() ?? (await this.#open());
    workspace.clear();
    try {
      return await job(workspace);
    } finally {
      this.#takeBack(workspace);
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const workspace of this.#free.splice(0)) this.#options.onDropped(workspace);
  }

  /** Where no more memory can be shared, that of one thread takes what it uses and no more. */
  async #open(): Promise<Workspace> {
    try {
      return new Workspace(this.#kernels);
    } catch (cause) {
      const { loadUnshared } = this.#options;
      if (!this.#kernels.isShared || !loadUnshared) throw noMemory(cause);
      log.warn('no more shared memory: further pictures get one thread', { why: MeshError.from(cause).message });
      this.#kernels = await loadUnshared();
      return this.#open();
    }
  }

  #takeBack(workspace: Workspace): void {
    const isKept = !this.#isDisposed && workspace.sizeBytes <= MAX_KEPT_BYTES && this.#free.length < MAX_KEPT;
    if (isKept) this.#free.push(workspace);
    else this.#options.onDropped(workspace);
  }
}

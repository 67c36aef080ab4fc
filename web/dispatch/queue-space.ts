import { MeshError } from '../../shared/errors.ts';
import type { Job } from './job.ts';
import { TASKS } from './tuning.ts';

/** Bounds what waits to be run, by number and bytes, and tells callers when there is room again. */
export class QueueSpace {
  readonly #queue: { readonly length: number; readonly sizeBytes: number };
  /** Of jobs that are not queued yet and will be. */
  #announced = { jobs: 0, bytes: 0 };
  #waiting: (() => void)[] = [];
  #closed: MeshError | null = null;

  constructor(queue: { readonly length: number; readonly sizeBytes: number }) {
    this.#queue = queue;
  }

  get announced(): number {
    return this.#announced.jobs;
  }

  /** A job will be queued, or not, when what is returned is called. Throws as {@link check}. */
  announce(job: Job): () => void {
    this.check(job);
    this.#announced.jobs++;
    this.#announced.bytes += job.bytesOut;
    return () => {
      this.#announced.jobs--;
      this.#announced.bytes -= job.bytesOut;
      this.admit();
    };
  }

  /** Throws MeshError `queue-full`, or why it was closed. */
  check({ bytesOut }: Job): void {
    if (this.#closed) throw this.#closed;
    const { jobs, bytes } = this.#taken;
    if (jobs < TASKS.maxQueued && bytes + bytesOut <= TASKS.maxQueuedBytes) return;
    throw new MeshError('queue-full', 'Too many tasks are waiting. Await ready() before submitting more.');
  }

  /** Resolves when there is room for many more, or nothing waits any more. */
  ready(): Promise<void> {
    if (this.#isRoomy) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** To be called when less waits than before. */
  admit(): void {
    if (!this.#isRoomy) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  close(error: MeshError): void {
    this.#closed = error;
    this.admit();
  }

  get #taken(): { jobs: number; bytes: number } {
    const { jobs, bytes } = this.#announced;
    return { jobs: this.#queue.length + jobs, bytes: this.#queue.sizeBytes + bytes };
  }

  get #isRoomy(): boolean {
    const { jobs, bytes } = this.#taken;
    const isShort = jobs < TASKS.readyBelow * TASKS.maxQueued && bytes < TASKS.readyBelow * TASKS.maxQueuedBytes;
    return isShort || this.#closed !== null;
  }
}

import { MeshError } from '../../shared/errors.ts';
import type { Job } from './job.ts';

/** Bounds of the queue of one client. */
export const JOB_QUEUE = {
  maxJobs: 4_096,
  /** Bytes of the waiting jobs' inputs: eight 16-megapixel pictures. */
  maxBytes: 512 * 1024 * 1024,
  /** `ready()` resolves below this part of both bounds. */
  readyBelow: 0.25,
} as const;

/** What to do with a waiting job: take it out, leave it, or stop looking. */
export type QueueDecision = 'take' | 'leave' | 'stop';

/** Waiting jobs, most urgent first (by priority, then deadline, then arrival), bounded in number and bytes. */
export class JobQueue {
  readonly #jobs: Job[] = [];
  #sizeBytes = 0;
  /** Space held for jobs that are not queued yet. */
  #reserved = { jobs: 0, bytes: 0 };
  #awaitingSpace: (() => void)[] = [];
  #closed: MeshError | null = null;

  /** Waiting jobs. */
  get length(): number {
    return this.#jobs.length;
  }

  /** Jobs for which space is reserved. */
  get reserved(): number {
    return this.#reserved.jobs;
  }

  /** Throws MeshError `queue-full`, or the error the queue was closed with. */
  checkSpace({ bytesOut }: Job): void {
    if (this.#closed) throw this.#closed;
    const { jobs, bytes } = this.#used;
    if (jobs < JOB_QUEUE.maxJobs && bytes + bytesOut <= JOB_QUEUE.maxBytes) return;
    throw new MeshError('queue-full', 'Too many tasks are waiting. Await ready() before submitting more.');
  }

  /** Holds space for a job that will be queued later. Returns what releases it. Throws as {@link checkSpace}. */
  reserve(job: Job): () => void {
    this.checkSpace(job);
    this.#reserved.jobs++;
    this.#reserved.bytes += job.bytesOut;
    return () => {
      this.#reserved.jobs--;
      this.#reserved.bytes -= job.bytesOut;
      this.notifyReady();
    };
  }

  /** Resolves when there is plenty of room, or the queue is closed. */
  ready(): Promise<void> {
    if (this.#isRoomy) return Promise.resolve();
    return new Promise((resolve) => this.#awaitingSpace.push(resolve));
  }

  /** Resolves the promises of {@link ready} if there is room. To be called after jobs were taken out. */
  notifyReady(): void {
    if (!this.#isRoomy) return;
    for (const resolve of this.#awaitingSpace.splice(0)) resolve();
  }

  /** From now on {@link checkSpace} throws this error. */
  close(error: MeshError): void {
    this.#closed = error;
    this.notifyReady();
  }

  /** Queues a job, without a check of the bounds: a job that is retried must never be refused. */
  add(job: Job): void {
    this.#jobs.splice(this.#indexFor(job), 0, job);
    this.#sizeBytes += job.bytesOut;
  }

  /** Asks about each job in order, and takes out those for which `decide` says so. */
  take(decide: (job: Job) => QueueDecision): void {
    let kept = 0;
    let visited = 0;
    for (; visited < this.#jobs.length; visited++) {
      const job = this.#jobs[visited];
      const decision = job ? decide(job) : 'stop';
      if (!job || decision === 'stop') break;
      if (decision === 'take') this.#sizeBytes -= job.bytesOut;
      else this.#jobs[kept++] = job;
    }
    // All at once: removing jobs one by one would move the rest of the queue each time.
    this.#jobs.splice(kept, visited - kept);
  }

  /** Returns whether the job was waiting. */
  remove(job: Job): boolean {
    const index = this.#jobs.indexOf(job);
    if (index < 0) return false;
    this.#jobs.splice(index, 1);
    this.#sizeBytes -= job.bytesOut;
    return true;
  }

  /** Raises a job's priority, whether it waits or not. A lower value changes nothing. */
  raisePriority(job: Job, priority: number): void {
    if (priority <= job.priority) return;
    const wasWaiting = this.remove(job);
    job.priority = priority;
    if (wasWaiting) this.add(job);
  }

  /** The index behind all jobs that are at least as urgent, by binary search. */
  #indexFor(job: Job): number {
    let low = 0;
    let high = this.#jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#jobs[middle];
      if (other && isMoreUrgent(job, other)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  get #used(): { jobs: number; bytes: number } {
    const { jobs, bytes } = this.#reserved;
    return { jobs: this.#jobs.length + jobs, bytes: this.#sizeBytes + bytes };
  }

  get #isRoomy(): boolean {
    const { maxJobs, maxBytes, readyBelow } = JOB_QUEUE;
    const { jobs, bytes } = this.#used;
    return (jobs < readyBelow * maxJobs && bytes < readyBelow * maxBytes) || this.#closed !== null;
  }
}

function isMoreUrgent(a: Job, b: Job): boolean {
  return a.priority === b.priority ? a.deadlineMs < b.deadlineMs : a.priority > b.priority;
}

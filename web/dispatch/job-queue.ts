import type { Job } from './job.ts';

/** What to do with a waiting job: take it out, leave it, or look no further. */
export type Verdict = 'take' | 'leave' | 'stop';

/** Waiting jobs, most urgent first: by priority, then by deadline, then as they came. */
export class JobQueue {
  readonly #jobs: Job[] = [];
  #sizeBytes = 0;

  get length(): number {
    return this.#jobs.length;
  }

  /** Of what the jobs carry. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(job: Job): void {
    this.#jobs.splice(this.#placeOf(job), 0, job);
    this.#sizeBytes += job.bytesOut;
  }

  /** Asks about each job in order, and takes out those that `judge` says to take. */
  take(judge: (job: Job) => Verdict): void {
    let kept = 0;
    let looked = 0;
    for (; looked < this.#jobs.length; looked++) {
      const job = this.#jobs[looked];
      const verdict = job ? judge(job) : 'stop';
      if (!job || verdict === 'stop') break;
      if (verdict === 'take') this.#sizeBytes -= job.bytesOut;
      else this.#jobs[kept++] = job;
    }
    // In one go: taking them out one by one would move the whole queue for each.
    this.#jobs.splice(kept, looked - kept);
  }

  /** Was it waiting? */
  remove(job: Job): boolean {
    const index = this.#jobs.indexOf(job);
    if (index < 0) return false;
    this.#jobs.splice(index, 1);
    this.#sizeBytes -= job.bytesOut;
    return true;
  }

  /** The first place behind all that are as urgent: binary search. */
  #placeOf(job: Job): number {
    let low = 0;
    let high = this.#jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#jobs[middle];
      if (other && isBefore(job, other)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isBefore(a: Job, b: Job): boolean {
  return a.priority === b.priority ? a.deadlineMs < b.deadlineMs : a.priority > b.priority;
}

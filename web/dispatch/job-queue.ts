import type { Job } from './job.ts';

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

  /** Takes out, in order, every job that `wanted` says yes to; it may end the search by returning null. */
  take(wanted: (job: Job) => boolean | null): Job[] {
    const taken: Job[] = [];
    for (let index = 0; index < this.#jobs.length; ) {
      const job = this.#jobs[index];
      const answer = job ? wanted(job) : null;
      if (answer === null) break;
      if (answer && job) {
        this.#jobs.splice(index, 1);
        this.#sizeBytes -= job.bytesOut;
        taken.push(job);
      } else index++;
    }
    return taken;
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

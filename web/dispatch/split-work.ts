import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Dispatcher, JobEnd } from './dispatcher.ts';
import type { Job } from './job.ts';
import { planSplit, type SplitPlan } from './split-plan.ts';
import { mergedTiming } from './timing.ts';

type Done = Extract<JobEnd, { ok: true }>;

/** How a job ended, in one or in parts. `computedBy`: all who had a part in it, volunteers' ids or `local`. */
export type WholeEnd = (Done & { computedBy: readonly string[] }) | Extract<JobEnd, { ok: false }>;

interface Part {
  job: Job;
  done: Done | null;
}

interface Whole {
  readonly job: Job;
  readonly parts: readonly Part[];
  readonly merge: SplitPlan['merge'];
  onEnd(end: WholeEnd): void;
}

/**
 * Hands jobs to the dispatcher: a large one in parts, where several runners together are predicted to be done with it sooner than
 * one. To its owner it stays one job; to the dispatcher each part is a job like any other.
 */
export class SplitWork {
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #wholes = new Map<Job, Whole>();

  constructor(dispatcher: Dispatcher, clock: Clock) {
    this.#dispatcher = dispatcher;
    this.#clock = clock;
  }

  /** As the dispatcher's. Throws MeshError `queue-full`, `closed`. */
  announce(job: Job): () => void {
    return this.#dispatcher.announce(job);
  }

  /** `onEnd` is called once, later or by `abort`. Throws MeshError `queue-full`, `closed`. */
  submit(job: Job, onEnd: (end: WholeEnd) => void): void {
    const plan = this.#plan(job);
    if (!plan) {
      this.#dispatcher.submit(job, (end) => onEnd(end.ok ? { ...end, computedBy: [end.timing.ranOn] } : end));
      return;
    }
    const parts = plan.jobs.map((part): Part => ({ job: part, done: null }));
    const whole: Whole = { job, parts, merge: plan.merge, onEnd };
    this.#wholes.set(job, whole);
    try {
      for (const part of parts) this.#begin(whole, part);
    } catch (cause) {
      this.#drop(whole, MeshError.from(cause));
      throw cause;
    }
  }

  /** Makes a job at least so urgent. */
  prioritise(job: Job, priority: number): void {
    const whole = this.#wholes.get(job);
    for (const part of whole?.parts ?? []) this.#dispatcher.prioritise(part.job, priority);
    if (!whole) this.#dispatcher.prioritise(job, priority);
    else job.priority = Math.max(job.priority, priority);
  }

  /** Ends a job wherever it is. */
  abort(job: Job, error: MeshError): void {
    const whole = this.#wholes.get(job);
    if (whole) this.#fail(whole, error);
    else this.#dispatcher.abort(job, error);
  }

  /** Was the job, or a part of it, ever given to anybody? */
  wasStarted(job: Job): boolean {
    const whole = this.#wholes.get(job);
    if (!whole) return this.#dispatcher.wasStarted(job);
    return whole.parts.some((part) => part.done !== null || this.#dispatcher.wasStarted(part.job));
  }

  /** Parts that this volunteer computed and nobody was given yet are done again: it is not believed any more. */
  forgetFrom(volunteerId: string): void {
    for (const whole of [...this.#wholes.values()]) {
      try {
        for (const part of whole.parts) {
          if (part.done?.timing.ranOn !== volunteerId) continue;
          part.done = null;
          // Another job: an attempt to learn from may still run under the old one.
          part.job = { ...part.job };
          this.#begin(whole, part);
        }
      } catch (cause) {
        this.#fail(whole, MeshError.from(cause));
      }
    }
  }

  #plan(job: Job): SplitPlan | null {
    if (!job.definition.split) return null;
    const runners = this.#dispatcher.ableTo(job);
    // What waits already keeps them all busy.
    if (this.#dispatcher.queued >= runners.length) return null;
    return planSplit(job, runners, this.#clock.now());
  }

  #begin(whole: Whole, part: Part): void {
    this.#dispatcher.submit(part.job, (end) => {
      if (this.#wholes.get(whole.job) !== whole) return;
      if (!end.ok) {
        this.#fail(whole, end.error);
        return;
      }
      part.done = end;
      const done = whole.parts.flatMap((other) => other.done ?? []);
      if (done.length === whole.parts.length) this.#finish(whole, done, end);
    });
  }

  #finish(whole: Whole, done: readonly Done[], last: Done): void {
    this.#wholes.delete(whole.job);
    whole.onEnd(this.#merged(whole, done, last));
  }

  #merged({ job, merge }: Whole, done: readonly Done[], last: Done): WholeEnd {
    try {
      const packed = merge(done.map((end) => end.packed));
      const value = job.definition.unpackResult(job.packed, packed);
      const attempts = Math.max(...done.map(({ timing }) => timing.attempts));
      const timing = mergedTiming(this.#clock.now() - job.submittedMs, last.timing, attempts);
      const computedBy = [...new Set(done.map((end) => end.timing.ranOn))];
      return { ok: true, value, packed, timing, computedBy };
    } catch (cause) {
      return { ok: false, error: MeshError.from(cause) };
    }
  }

  #fail(whole: Whole, error: MeshError): void {
    this.#drop(whole, error);
    whole.onEnd({ ok: false, error });
  }

  #drop({ job, parts }: Whole, error: MeshError): void {
    this.#wholes.delete(job);
    for (const part of parts) this.#dispatcher.abort(part.job, error);
  }
}

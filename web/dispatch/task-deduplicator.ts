import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { ProgressListener } from '../../shared/tasks/definition.ts';
import type { Job } from './job.ts';
import { copyOf, ResultCache } from './result-cache.ts';
import type { SplitWork, WholeEnd } from './split-work.ts';
import { taskKey } from './task-key.ts';
import { cachedTiming, type Timing } from './timing.ts';

export type WorkEnd = { ok: true; value: unknown; timing: Timing } | { ok: false; error: MeshError };

/** One caller's hold on a piece of work. */
export interface Claim {
  /** Was the work ever given to anybody? */
  readonly wasStarted: boolean;
  /** Ends the claim; work that nobody claims any more is aborted. */
  withdraw(error: MeshError): void;
}

interface Wish {
  readonly job: Job;
  onEnd(end: WorkEnd): void;
}

/** A job under way and all who wait for it. */
interface Work {
  readonly job: Job;
  readonly wishes: Set<Wish>;
  /** Of those who want to hear how far it is. */
  readonly listeners: Set<ProgressListener>;
}

/** Does each piece of work once (DESIGN §4.2): what was done lately comes from the cache, what is being done is waited for together. */
export class TaskDeduplicator {
  readonly #jobs: SplitWork;
  readonly #clock: Clock;
  readonly #cache = new ResultCache();
  /** By key and `where`: who wants it done here must not wait for those who want it done elsewhere. */
  readonly #underWay = new Map<string, Work>();
  /** Ends those that wait to be named. */
  readonly #naming = new Set<(error: MeshError) => void>();
  #hits = 0;

  constructor(jobs: SplitWork, clock: Clock) {
    this.#jobs = jobs;
    this.#clock = clock;
  }

  /** Jobs whose result came from the cache or from another one's run. */
  get hits(): number {
    return this.#hits;
  }

  /** Jobs that wait to be named, before they are queued. */
  get naming(): number {
    return this.#naming.size;
  }

  /** `onEnd` is called once: later, or by `withdraw`. Throws MeshError `queue-full`. */
  submit(job: Job, mayShare: boolean, onEnd: (end: WorkEnd) => void): Claim {
    if (!mayShare || !job.definition.cacheable) return this.#submitAlone(job, onEnd);
    const key = taskKey(job.type, job.packed);
    if (typeof key === 'string') return this.#submitAs(key, job, onEnd);
    return this.#submitOnceNamed(key, job, onEnd);
  }

  /** What this volunteer computed is not to be given to anybody again. */
  forgetFrom(volunteerId: string): void {
    this.#cache.forgetFrom(volunteerId);
    this.#jobs.forgetFrom(volunteerId);
  }

  dispose(error: MeshError): void {
    for (const end of [...this.#naming]) end(error);
    this.#cache.clear();
  }

  #submitAlone(job: Job, onEnd: (end: WorkEnd) => void): Claim {
    const jobs = this.#jobs;
    jobs.submit(job, onEnd);
    return {
      get wasStarted() {
        return jobs.wasStarted(job);
      },
      withdraw: (error) => jobs.abort(job, error),
    };
  }

  #submitOnceNamed(naming: Promise<string>, job: Job, onEnd: (end: WorkEnd) => void): Claim {
    const forget = this.#jobs.announce(job);
    let claim: Claim | null = null;
    let isOver = false;
    const end = (error: MeshError) => {
      if (isOver) return;
      isOver = true;
      this.#naming.delete(end);
      forget();
      onEnd({ ok: false, error });
    };
    const submit = (how: () => Claim) => {
      if (isOver) return;
      this.#naming.delete(end);
      forget();
      try {
        claim = how();
      } catch (cause) {
        isOver = true;
        onEnd({ ok: false, error: MeshError.from(cause) });
      }
    };
    this.#naming.add(end);
    naming.then(
      (key) => submit(() => this.#submitAs(key, job, onEnd)),
      // Without a name it can still be done.
      () => submit(() => this.#submitAlone(job, onEnd)),
    );
    return {
      get wasStarted() {
        return claim?.wasStarted ?? false;
      },
      withdraw: (error) => (claim ? claim.withdraw(error) : end(error)),
    };
  }

  #submitAs(key: string, job: Job, onEnd: (end: WorkEnd) => void): Claim {
    const cached = this.#cache.get(key, job.where === 'local');
    if (!cached) return this.#claim(key, { job, onEnd });
    this.#hits++;
    let isOver = false;
    const settle = (end: () => WorkEnd) => {
      if (!isOver) onEnd(end());
      isOver = true;
    };
    queueMicrotask(() =>
      settle(() => ({ ok: true, value: job.definition.unpackResult(job.packed, cached), ...this.#timing(job) })),
    );
    return { wasStarted: true, withdraw: (error) => settle(() => ({ ok: false, error })) };
  }

  #claim(key: string, wish: Wish): Claim {
    const place = `${wish.job.where} ${key}`;
    const { onProgress } = wish.job;
    const work = this.#underWay.get(place) ?? this.#begin(key, place, wish.job);
    if (onProgress) this.#listen(work, onProgress);
    work.wishes.add(wish);
    this.#jobs.prioritise(work.job, wish.job.priority);
    const jobs = this.#jobs;
    return {
      get wasStarted() {
        return jobs.wasStarted(work.job);
      },
      withdraw(error) {
        if (!work.wishes.delete(wish)) return;
        if (onProgress) work.listeners.delete(onProgress);
        wish.onEnd({ ok: false, error });
        if (work.wishes.size === 0) jobs.abort(work.job, error);
      },
    };
  }

  #begin(key: string, place: string, job: Job): Work {
    const work: Work = { job, wishes: new Set(), listeners: new Set() };
    this.#jobs.submit(job, (end) => {
      this.#underWay.delete(place);
      if (end.ok) this.#cache.put(key, end.packed, end.computedBy);
      this.#deliver(work, end);
    });
    this.#underWay.set(place, work);
    return work;
  }

  #listen({ job, listeners }: Work, listener: ProgressListener): void {
    listeners.add(listener);
    job.onProgress = (progress) => {
      for (const each of listeners) each(progress);
    };
  }

  /** Each gets bytes of its own. */
  #deliver({ job: ran, wishes }: Work, end: WholeEnd): void {
    let isTaken = false;
    for (const { job, onEnd } of wishes) {
      if (!end.ok) onEnd(end);
      else if (!isTaken) onEnd(job === ran ? end : { ...end, ...this.#timing(job) });
      else {
        this.#hits++;
        const value = job.definition.unpackResult(job.packed, copyOf(end.packed));
        onEnd({ ok: true, value, ...this.#timing(job) });
      }
      isTaken = true;
    }
    wishes.clear();
  }

  #timing(job: Job): { timing: Timing } {
    return { timing: cachedTiming(this.#clock.now() - job.submittedMs) };
  }
}

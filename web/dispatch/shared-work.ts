import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Dispatcher, JobEnd } from './dispatcher.ts';
import type { Job } from './job.ts';
import { copyOf, ResultCache } from './result-cache.ts';
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
}

/** Does each piece of work once (DESIGN §4.2): what was done lately comes from the cache, what is being done is waited for together. */
export class SharedWork {
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #cache = new ResultCache();
  /** By key and `where`: who may only have it done here must not wait for those who want it done elsewhere. */
  readonly #underWay = new Map<string, Work>();
  #hashing = { jobs: 0, bytes: 0 };
  #hits = 0;

  constructor(dispatcher: Dispatcher, clock: Clock) {
    this.#dispatcher = dispatcher;
    this.#clock = clock;
  }

  /** Jobs whose result came from the cache or from another one's run. */
  get hits(): number {
    return this.#hits;
  }

  /** Jobs that wait to be named, before they are queued. */
  get hashing(): number {
    return this.#hashing.jobs;
  }

  /** `onEnd` is called once: later, or by `withdraw`. Throws MeshError `queue-full`. */
  submit(job: Job, mayShare: boolean, onEnd: (end: WorkEnd) => void): Claim {
    if (!mayShare || !job.definition.cacheable) return this.#submitAlone(job, onEnd);
    const key = taskKey(job.type, job.packed);
    if (typeof key === 'string') return this.#submitAs(key, job, onEnd);
    return this.#submitOnceNamed(key, job, onEnd);
  }

  dispose(): void {
    this.#cache.clear();
  }

  #submitAlone(job: Job, onEnd: (end: WorkEnd) => void): Claim {
    const dispatcher = this.#dispatcher;
    dispatcher.submit(job, onEnd);
    return {
      get wasStarted() {
        return dispatcher.wasStarted(job);
      },
      withdraw: (error) => dispatcher.abort(job, error),
    };
  }

  /** What is being hashed counts as queued. */
  #submitOnceNamed(naming: Promise<string>, job: Job, onEnd: (end: WorkEnd) => void): Claim {
    this.#dispatcher.checkSpace(job, this.#hashing.jobs, this.#hashing.bytes);
    this.#hashing.jobs++;
    this.#hashing.bytes += job.bytesOut;
    let isWithdrawn = false;
    let claim: Claim | null = null;
    const submit = (how: () => Claim) => {
      this.#hashing.jobs--;
      this.#hashing.bytes -= job.bytesOut;
      if (isWithdrawn) return;
      try {
        claim = how();
      } catch (cause) {
        onEnd({ ok: false, error: MeshError.from(cause) });
      }
    };
    naming.then(
      (key) => submit(() => this.#submitAs(key, job, onEnd)),
      // Without a name it can still be done.
      () => submit(() => this.#submitAlone(job, onEnd)),
    );
    return {
      get wasStarted() {
        return claim?.wasStarted ?? false;
      },
      withdraw(error) {
        if (claim) claim.withdraw(error);
        else if (!isWithdrawn) onEnd({ ok: false, error });
        isWithdrawn = true;
      },
    };
  }

  #submitAs(key: string, job: Job, onEnd: (end: WorkEnd) => void): Claim {
    const cached = this.#cache.get(key);
    if (!cached) return this.#claim(key, { job, onEnd });
    this.#hits++;
    let isOver = false;
    const settle = (end: () => WorkEnd) => {
      if (!isOver) onEnd(end());
      isOver = true;
    };
    queueMicrotask(() =>
      settle(() => ({ ok: true, value: job.definition.unpackResult(job.packed.params, cached), ...this.#timing(job) })),
    );
    return { wasStarted: true, withdraw: (error) => settle(() => ({ ok: false, error })) };
  }

  #claim(key: string, wish: Wish): Claim {
    const place = `${wish.job.where} ${key}`;
    const work = this.#underWay.get(place) ?? this.#begin(key, place, wish.job);
    work.wishes.add(wish);
    this.#dispatcher.prioritise(work.job, wish.job.priority);
    const dispatcher = this.#dispatcher;
    return {
      get wasStarted() {
        return dispatcher.wasStarted(work.job);
      },
      withdraw(error) {
        if (!work.wishes.delete(wish)) return;
        wish.onEnd({ ok: false, error });
        if (work.wishes.size === 0) dispatcher.abort(work.job, error);
      },
    };
  }

  #begin(key: string, place: string, job: Job): Work {
    const work: Work = { job, wishes: new Set() };
    this.#dispatcher.submit(job, (end) => {
      this.#underWay.delete(place);
      if (end.ok) this.#cache.put(key, end.packed);
      this.#deliver(work, end);
    });
    this.#underWay.set(place, work);
    return work;
  }

  /** Each gets bytes of its own. */
  #deliver({ job: ran, wishes }: Work, end: JobEnd): void {
    let isTaken = false;
    for (const { job, onEnd } of wishes) {
      if (!end.ok) onEnd(end);
      else if (!isTaken) onEnd(job === ran ? end : { ...end, ...this.#timing(job) });
      else {
        this.#hits++;
        const value = job.definition.unpackResult(job.packed.params, copyOf(end.packed));
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

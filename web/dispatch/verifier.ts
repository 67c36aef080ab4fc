import { MeshError } from '../../shared/errors.ts';
import type { PackedResult, PackedTask, Recomputation, Verification } from '../../shared/tasks/definition.ts';
import { SLICE_MS } from '../compute/schedule.ts';
import type { Job } from './job.ts';

/** `unchecked`: this machine could not tell, which is not the volunteer's fault. */
export type Verdict = { kind: 'right' | 'unchecked' } | { kind: 'wrong'; error: MeshError };

/** What a check must know of a job. */
export type CheckedJob = Pick<Job, 'type' | 'definition' | 'packed'>;

export interface VerifierOptions<Of extends CheckedJob> {
  now(): number;
  random(): number;
  /** Lets whatever waits in the event loop run. */
  rest(): Promise<void>;
  /** Has this machine do a part of a task. */
  compute(type: string, task: PackedTask): Promise<PackedResult>;
  /** Has somebody else do it: not this volunteer, and what comes is not checked itself. */
  replicate(job: Of, task: PackedTask, notOn: string): Promise<PackedResult>;
}

/** Looks at results in slices, beside whatever else this thread does. */
export class Verifier<Of extends CheckedJob = Job> {
  readonly #options: VerifierOptions<Of>;
  #disposed = false;
  /** Checks that were made, and what they took of this machine's time. */
  readonly counts = { checked: 0, checkedMs: 0 };

  constructor(options: VerifierOptions<Of>) {
    this.#options = options;
  }

  /** @param ranOn - the volunteer whose result it is. */
  async check(job: Of, value: unknown, ranOn: string): Promise<Verdict> {
    this.counts.checked++;
    try {
      return await this.#drive(job, job.definition.verify(job.packed, value, this.#options.random), ranOn);
    } catch (cause) {
      // Whatever a check stumbles over came with the result: what cannot be looked at is not delivered.
      return { kind: 'wrong', error: MeshError.from(cause, 'verify-failed') };
    }
  }

  dispose(): void {
    this.#disposed = true;
  }

  async #drive(job: Of, verification: Verification, ranOn: string): Promise<Verdict> {
    const { now, rest } = this.#options;
    let answer: PackedResult | undefined;
    let sliceStartMs = now();
    while (!this.#disposed) {
      const step = verification.next(answer);
      try {
        answer = step.done || !step.value ? undefined : await this.#recompute(job, step.value, ranOn);
      } catch {
        // There is nothing to compare with: a network that cannot be loaded, a lost device, nobody else who has the model.
        return { kind: 'unchecked' };
      }
      const sliceMs = now() - sliceStartMs;
      if (!step.done && !step.value && sliceMs < SLICE_MS) continue;
      this.counts.checkedMs += sliceMs;
      if (step.done) return { kind: 'right' };
      await rest();
      sliceStartMs = now();
    }
    return { kind: 'unchecked' };
  }

  #recompute(job: Of, { task, by }: Recomputation, ranOn: string): Promise<PackedResult> {
    return by === 'us' ? this.#options.compute(job.type, task) : this.#options.replicate(job, task, ranOn);
  }
}

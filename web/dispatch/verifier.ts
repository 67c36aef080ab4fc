import { MeshError } from '../../shared/errors.ts';
import type { PackedResult, PackedTask, Verification } from '../../shared/tasks/definition.ts';
import { COMPUTE } from '../../shared/tuning.ts';
import type { Job } from './job.ts';

/** `unchecked`: this machine could not tell, which is not the volunteer's fault. */
export type Verdict = { kind: 'right' | 'unchecked' } | { kind: 'wrong'; error: MeshError };

export interface VerifierOptions {
  now(): number;
  random(): number;
  /** Lets whatever waits in the event loop run. */
  rest(): Promise<void>;
  /** Has this machine do a part of a task. */
  compute(type: string, task: PackedTask): Promise<PackedResult>;
}

/** Looks at results in slices, beside whatever else this thread does. */
export class Verifier {
  readonly #options: VerifierOptions;
  #disposed = false;
  /** Checks that were made, and what they took of this machine's time. */
  readonly counts = { checked: 0, checkedMs: 0 };

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  async check(
    { type, definition, packed }: Pick<Job, 'type' | 'definition' | 'packed'>,
    value: unknown,
  ): Promise<Verdict> {
    this.counts.checked++;
    try {
      return await this.#drive(type, definition.verify(packed, value, this.#options.random));
    } catch (cause) {
      const error = MeshError.from(cause);
      return error.reason === 'verify-failed' ? { kind: 'wrong', error } : { kind: 'unchecked' };
    }
  }

  dispose(): void {
    this.#disposed = true;
  }

  async #drive(type: string, verification: Verification): Promise<Verdict> {
    const { now, rest, compute } = this.#options;
    let answer: PackedResult | undefined;
    let sliceStartMs = now();
    while (!this.#disposed) {
      const step = verification.next(answer);
      answer = step.done || !step.value ? undefined : await compute(type, step.value);
      const sliceMs = now() - sliceStartMs;
      if (!step.done && !step.value && sliceMs < COMPUTE.sliceMs) continue;
      this.counts.checkedMs += sliceMs;
      if (step.done) return { kind: 'right' };
      await rest();
      sliceStartMs = now();
    }
    return { kind: 'unchecked' };
  }
}

import { totalBytes } from '../../shared/bytes.ts';
import type { MeshError } from '../../shared/errors.ts';
import type { AnyTaskDefinition } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, PackedTask, ProgressListener, Where } from '../../shared/tasks/definition.ts';

/** A task on its way: what runners need to know of it. */
export interface Job {
  readonly type: string;
  /** What its time is learned by: the definition's kindOf(). */
  readonly kind: string;
  readonly definition: AnyTaskDefinition;
  /** Kept until the task is settled: it may have to be sent again. */
  readonly packed: PackedTask;
  /** The volunteer whose result it is to be compared with: done by anybody else, and not checked itself. */
  readonly replicaOf?: string;
  /** Units of the type's cost(). */
  readonly cost: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly where: Where;
  /** Higher first. Raised when a more urgent task wants the same result: see {@link Dispatcher.prioritise}. */
  priority: number;
  readonly submittedMs: number;
  /** Breaks ties of priority. */
  readonly deadlineMs: number;
  /** How long one attempt may take before it counts as late, until that is measured, ms. */
  readonly firstDeadlineMs: number;
  /** Who wants to hear how far it is; absent: nobody, and then nothing is told. */
  onProgress?: ProgressListener | undefined;
}

/** What follows from the task alone. */
export function describeTask(definition: AnyTaskDefinition, packed: PackedTask) {
  return {
    ...{ type: definition.type, definition, packed },
    kind: definition.kindOf(packed.params),
    cost: definition.cost(packed.params),
    bytesOut: totalBytes(packed.attachments),
    bytesIn: definition.resultBytes(packed.params),
    firstDeadlineMs: definition.firstDeadlineMs(packed.params),
  };
}

/** How one attempt ended. */
export type Outcome =
  | { kind: 'result'; result: PackedResult; backend: string; queueMs: number; computeMs: number }
  /** The runner said no or answered nonsense. */
  | { kind: 'failed'; error: MeshError }
  /** Handed back unharmed. */
  | { kind: 'returned' }
  /** The runner is gone. */
  | { kind: 'lost'; error: MeshError };

/** Somebody who runs tasks: a volunteer over its link, or this machine. */
export interface Runner {
  /** A volunteer's id, or `local`. */
  readonly id: string;
  /** Does it take work at all at the moment? */
  readonly accepts: boolean;
  /** Will it take one more now? */
  readonly hasRoom: boolean;
  /** It gave no sign of life for longer than its work explains. Nothing new goes there; what it holds is done elsewhere as well. */
  readonly silent: boolean;
  can(type: string): boolean;
  /** From now to the result in hand, ms, with what it holds already done first. */
  predictMs(job: Job): number;
  /** By how much this job delays those after it, ms. */
  workMs(job: Job): number;
  /** From now to when this job, if started now, is late, ms: its first deadline until there is a measured p95. */
  lateAfterMs(job: Job): number;
  /** When a job of this kind last ended here; null: never. */
  measuredAtMs(kind: string): number | null;
  /** Is a job of this kind under way here? Then it is about to be measured. */
  isAt(kind: string): boolean;
  start(job: Job, onOutcome: (outcome: Outcome) => void): void;
  /** The outcome of this job is not wanted any more; none will be told. */
  cancel(job: Job): void;
}

import { totalBytes } from '../../shared/bytes.ts';
import type { MeshError } from '../../shared/errors.ts';
import type { AnyTaskDefinition } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, PackedTask, ProgressListener, TaskName, Where } from '../../shared/tasks/definition.ts';
import type { AnswerStream } from './answer-stream.ts';

/** The unit of scheduling: a whole task, one part of a task that was split, or a replica that checks another job's result. */
export interface Job {
  readonly type: TaskName;
  /** Service times are learned per kind: the definition's kindOf(). */
  readonly kind: string;
  readonly definition: AnyTaskDefinition;
  /** Kept until the job ends, because it may have to be sent again. */
  readonly packed: PackedTask;
  /** Set on a replica: the volunteer whose result it is compared with. The replica's own result is not checked. */
  readonly replicaOf?: string;
  /** Which volunteers may run it; absent: all. */
  readonly mayRunOn?: (volunteerId: string) => boolean;
  /** In units of the type's cost(). */
  readonly cost: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly where: Where;
  /** Higher runs first. Raised through {@link JobHandle.raisePriority} when a more urgent task wants the same result. */
  priority: number;
  readonly submittedMs: number;
  /** Breaks ties between equal priorities. */
  readonly deadlineMs: number;
  /** How long one attempt may take before it counts as late, until enough attempts were measured, ms. */
  readonly firstDeadlineMs: number;
  /** Receives progress. Without a listener no progress is sent. */
  onProgress?: ProgressListener | undefined;
  /** Set where the result is said token by token: attempts run what {@link AnswerStream.begin} gives, and none explores, for nobody needs it said twice. */
  readonly answerStream?: AnswerStream;
  /** The conversation that it belongs to. */
  readonly conversation?: string | undefined;
  /** Set on a call of a session, whose runner may keep the state for the next call. The job has it all the same: any runner can do it. */
  readonly session?: SessionStep | undefined;
}

/** One call of a session of a model that has a state. */
export interface SessionStep {
  /** Names the session among those of this client. */
  readonly key: string;
  /** Number of the call among all that this client makes. */
  readonly call: number;
  /** The call whose outputs are inputs of this one, and who computed it; null where there is none. */
  readonly from: {
    readonly call: number;
    readonly ranOn: string;
    /** By input. */
    readonly outputs: ReadonlyMap<string, string>;
  } | null;
}

/** The fields of a {@link Job} that follow from the task alone. */
export function describeTask(definition: AnyTaskDefinition, packed: PackedTask) {
  return {
    type: definition.type,
    definition,
    packed,
    kind: definition.kindOf(packed.params),
    cost: definition.cost(packed.params),
    bytesOut: totalBytes(packed.attachments),
    bytesIn: definition.resultBytes(packed.params),
    firstDeadlineMs: definition.firstDeadlineMs(packed.params),
  };
}

/** How an attempt, a job or a task ended. `Result` is what a successful one carries. */
export type Outcome<Result> =
  | { kind: 'done'; result: Result }
  /** The runner refused or gave an invalid result; or the caller ended it (`cancelled`, `timeout`, `closed`). */
  | { kind: 'failed'; error: MeshError }
  /** Attempts only: the runner handed the job back without having failed at it, for example because it paused. */
  | { kind: 'returned' }
  /** Attempts only: the connection to the runner was lost. */
  | { kind: 'lost'; error: MeshError };

/** An outcome that is final: `done` or `failed`. */
export type FinalOutcome<Result> = Extract<Outcome<Result>, { kind: 'done' | 'failed' }>;

/** What a runner answers, before it is validated. */
export interface AttemptResult {
  packed: PackedResult;
  backend: string;
  queueMs: number;
  computeMs: number;
}

/** What a task's caller gets. */
export interface TaskResult {
  value: unknown;
  timing: Timing;
}

/** The validated result of a job. `value` was unpacked from `packed`. */
export interface JobResult extends TaskResult {
  packed: PackedResult;
  /** Every runner that computed a part: volunteer ids or `local`. */
  computedBy: readonly string[];
  /** False if it was due for a check that could not be made. */
  isChecked: boolean;
}

export type OnJobEnd = (outcome: FinalOutcome<JobResult>) => void;

/** Control over one submitted job, held by the code that submitted it. */
export interface JobHandle {
  /** Whether the job, or a part of it, was ever given to a runner. */
  readonly wasStarted: boolean;
  /** Raises the priority. A lower value changes nothing. */
  raisePriority(priority: number): void;
  /** Ends the job with this error, which is reported before this returns. Does nothing once the job has ended. */
  abort(error: MeshError): void;
}

/** Runs jobs: a volunteer over its link, or this machine. */
export interface Runner {
  /** The volunteer's id, or `local`. */
  readonly id: string;
  /** Whether it takes any work at the moment. */
  readonly isAccepting: boolean;
  /** Whether it takes one more job now. */
  readonly hasCapacity: boolean;
  /** No sign of life for longer than its work explains. It gets nothing new, and what it holds is hedged. */
  readonly isSilent: boolean;
  can(type: string): boolean;
  /** Predicted time from now to the result, ms, including the work it already holds. */
  predictMs(job: Job): number;
  /** How much this job delays those behind it, ms. */
  workMs(job: Job): number;
  /** How long this job may take, if started now, before it counts as late, ms. */
  lateAfterMs(job: Job): number;
  /** When a job of this kind last ended here; null: never. */
  measuredAtMs(kind: string): number | null;
  /** Whether a job of this kind is running here, and so is about to be measured. */
  isRunning(kind: string): boolean;
  start(job: Job, onOutcome: (outcome: Outcome<AttemptResult>) => void): void;
  /** Cancels the attempt. No outcome is reported for it. */
  cancel(job: Job): void;
}

/** Where a task's time went, ms. The stages add up to `totalMs`. */
export interface Timing {
  totalMs: number;
  /** Waiting, here and at the runner. */
  queueMs: number;
  sendMs: number;
  computeMs: number;
  receiveMs: number;
  /** A volunteer's id, `local` or `cache`. */
  ranOn: string | 'local' | 'cache';
  backend: string;
  attempts: number;
}

/** Size of envelopes and headers; also avoids a division by zero for empty tasks. */
const OVERHEAD_BYTES = 256;

/** A job for a part of another one's work. */
export function partOf({ definition, where, priority, deadlineMs }: Job, task: PackedTask, nowMs: number): Job {
  return { ...describeTask(definition, task), where, priority, deadlineMs, submittedMs: nowMs };
}

/** The result of a job that ran in parts. @param last - timing of the part that ended last, and the most attempts at one */
export function mergedResult(
  { definition, packed: task, submittedMs }: Job,
  packed: PackedResult,
  parts: readonly Pick<JobResult, 'computedBy' | 'isChecked'>[],
  last: { timing: Timing; attempts: number; nowMs: number },
): JobResult {
  return {
    value: definition.unpackResult(task, packed),
    packed,
    timing: mergedTiming(last.nowMs - submittedMs, last.timing, last.attempts),
    computedBy: [...new Set(parts.flatMap(({ computedBy }) => computedBy))],
    isChecked: parts.every(({ isChecked }) => isChecked),
  };
}

interface AttemptTimes {
  startedMs: number;
  endedMs: number;
  /** In the runner's own queue. */
  queueMs: number;
  computeMs: number;
  ranOn: string;
  backend: string;
  attempts: number;
}

/**
 * The timing of a job that ran in one piece. Time that was neither queue nor compute was transfer. The two machines' clocks are not
 * compared: the transfer time is divided between the directions in proportion to the bytes sent each way.
 */
export function timingOf(job: Job, { startedMs, endedMs, ranOn, backend, attempts, ...runner }: AttemptTimes): Timing {
  const totalMs = endedMs - job.submittedMs;
  const attemptMs = endedMs - startedMs;
  const computeMs = Math.min(runner.computeMs, attemptMs);
  const runnerQueueMs = Math.min(runner.queueMs, attemptMs - computeMs);
  const transferMs = ranOn === 'local' ? 0 : attemptMs - computeMs - runnerQueueMs;
  const outShare = (job.bytesOut + OVERHEAD_BYTES) / (job.bytesOut + job.bytesIn + 2 * OVERHEAD_BYTES);
  const sendMs = transferMs * outShare;
  const receiveMs = transferMs - sendMs;
  const queueMs = totalMs - sendMs - computeMs - receiveMs;
  return { totalMs, queueMs, sendMs, computeMs, receiveMs, ranOn, backend, attempts };
}

/** The timing of a task that ran in parts: the stages of the part that ended last; the rest of the time counts as waiting. */
function mergedTiming(totalMs: number, last: Timing, attempts: number): Timing {
  const { sendMs, computeMs, receiveMs } = last;
  return { ...last, totalMs, queueMs: totalMs - sendMs - computeMs - receiveMs, attempts };
}

/** The timing of an answer that was cancelled amid its tokens. Only a whole result tells the stages and the backend. */
export function cancelledTiming(totalMs: number, { ranOn, attempts }: Pick<Timing, 'ranOn' | 'attempts'>): Timing {
  return { totalMs, queueMs: totalMs, sendMs: 0, computeMs: 0, receiveMs: 0, attempts, ranOn, backend: 'unknown' };
}

/** The timing of a task that needed no run of its own. */
export function cachedTiming(totalMs: number): Timing {
  const stages = { sendMs: 0, computeMs: 0, receiveMs: 0, attempts: 0 };
  return { totalMs, queueMs: totalMs, ...stages, ranOn: 'cache', backend: 'cache' };
}

import type { ZodType } from 'zod';
import { MeshError } from '../errors.ts';
import type { AnswerToken, PartialAnswer } from './dialogue/answer-tokens.ts';

/** Names of all task types, for code that names them without running them. */
export const TASK_NAMES = ['echo', 'upscale', 'infer', 'dialogue', 'pathfinding', 'physics', 'raytracing'] as const;
export type TaskName = (typeof TASK_NAMES)[number];

/** Where work may run. `auto`: wherever it is predicted to finish first; `volunteers`: never on this machine; `local`: only there. */
export const WHERES = ['auto', 'volunteers', 'local'] as const;
export type Where = (typeof WHERES)[number];

/** Throws MeshError `bad-input` if `where` is not one of {@link WHERES}. */
export function checkWhere(where: string): void {
  if ((WHERES as readonly string[]).includes(where)) return;
  throw MeshError.badInput(`There is no place '${where}' to work. Use one of ${WHERES.join(', ')}.`);
}

/** 8-bit sRGB RGBA pixels, rows top to bottom, straight (not premultiplied) alpha; `data.length === width * height * 4`. */
export interface PixelImage {
  width: number;
  height: number;
  data: Uint8ClampedArray | Uint8Array;
}

/** A task on the wire: small params in the envelope, bulk data as raw attachments. */
export interface PackedTask<Params = unknown> {
  params: Params;
  attachments: Uint8Array[];
}

/** A result on the wire: a small value in the envelope, bulk data as raw attachments. */
export interface PackedResult {
  value: unknown;
  attachments: Uint8Array[];
}

/**
 * Work that a check requests for comparison. `us`: on this machine; `another`: by a volunteer that has nothing to do with the one being
 * checked, or on this machine where there is none.
 */
export interface Recomputation {
  task: PackedTask;
  by: 'us' | 'another';
}

/**
 * A check of a result, in steps of well under a millisecond. Whenever it yields a recomputation, it must be resumed with its result.
 * Returns {@link UNDECIDED} where an honest answer may differ, and otherwise nothing. Throws MeshError `verify-failed`.
 */
export type Verification = Generator<Recomputation | undefined, unknown, PackedResult | undefined>;

/** What a check returns that could not decide. */
export const UNDECIDED = 'undecided';

/** How a type streams its results, token by token. */
export interface TokenStreaming<Params = unknown> {
  maxTokens(params: Params): number;
  /** Longest text that so many tokens of an answer may have, characters. */
  maxChars(tokens: number): number;
  /** The text of a result's value; null for what is no result of such a task. */
  textIn(value: unknown, params: Params): string | null;
  /** The conversation that a task belongs to: it is best run where the one before it was. */
  conversation(params: Params): string | undefined;
  /** The params of the task that goes on from what was said. */
  continueFrom(params: Params, said: PartialAnswer): Params;
  /** The result of a task that was cancelled amid its answer. */
  partial(said: PartialAnswer): Record<string, unknown>;
}

/** A task type: everything that both ends must agree on. */
export interface TaskDefinition<Input, Params, Result> {
  readonly type: TaskName;
  /** Shape of the params on the wire. */
  readonly params: ZodType<Params>;
  /** Shape of a result's value on the wire. Strict: what it does not name is refused, for it would be kept uncounted. */
  readonly value: ZodType<unknown>;
  /** Deterministic: equal inputs give equal results. */
  readonly cacheable: boolean;
  /** Gamer's side: validates an input. Throws MeshError `bad-input` or `too-large`. */
  pack(input: Input): PackedTask<Params>;
  /** Volunteer's side: checks that the attachments match the params. Throws MeshError `malformed` or `too-large`. */
  checkAttachments(params: Params, attachments: readonly Uint8Array[]): void;
  /** Gamer's side: validates a volunteer's result of this task. Throws MeshError `malformed`. */
  unpackResult(task: PackedTask<Params>, result: PackedResult): Result;
  /** Deadline while nothing has been measured yet, ms. */
  firstDeadlineMs(params: Params): number;
  /** Kind of work, for which machines measure and report a speed: tasks of one kind differ only in cost. It is, or starts with, the type. */
  kindOf(params: Params): string;
  /** Amount of work in the units that a backend's `unitsPerMs` counts. */
  cost(params: Params): number;
  /** Whether a machine may have to fetch files for it, such as a model; undefined: never. */
  loadsFiles?(params: Params): boolean;
  /** Estimated size of the result, bytes, for predicting its transfer time. */
  resultBytes(params: Params): number;
  /**
   * Gamer's side: checks a result. This must be much cheaper than the work, so it checks a random part. An honest machine passes whatever
   * its precision and its order of summation.
   *
   * @param random - returns 0 <= x < 1.
   */
  verify(task: PackedTask<Params>, result: Result, random: () => number): Verification;
  /** Marks a result that was due for a check and could not be checked, for types whose results say so. */
  asUnchecked?(result: Result): Result;
  /** Whether equal tasks may get this result too; undefined: always, if the type is {@link cacheable}. */
  mayKeep?(result: PackedResult): boolean;
  /** Set for types whose results are streamed token by token. */
  readonly tokenStreaming?: TokenStreaming<Params>;
  /** Splits a task into at most `parts` tasks that share its bytes; into a single one if splitting would only repeat work. */
  split?(task: PackedTask<Params>, parts: number): TaskSplit<Params>;
  /** Cuts a task that one machine would not take in one piece; null where it is no such task. Throws MeshError `too-large` without memory for its result. */
  tiles?(task: PackedTask<Params>): TaskTiles<Params> | null;
}

export interface TaskSplit<Params> {
  tasks: PackedTask<Params>[];
  /** Merges validated results, in the order of the tasks, into the result of the whole task. Throws MeshError `too-large`. */
  merge(results: readonly PackedResult[]): PackedResult;
}

/** A task in parts, of which only those under way take memory beside the input and the result. */
export interface TaskTiles<Params> {
  readonly count: number;
  /** Copies a part out of the task. */
  cut(n: number): PackedTask<Params>;
  /** Puts the validated result of a part in its place; a later one replaces an earlier. */
  paste(n: number, result: PackedResult): void;
  /** The result of the task, once every part is in its place. */
  readonly whole: PackedResult;
}

/** Work in steps of well under a millisecond, so that its caller can pause or stop between two. */
export type Steps<T> = Generator<undefined, T, unknown>;

/** Runs all steps without a pause and returns the result. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Stages of a long task: `loading` fetches what it needs, `computing` is the work itself. */
export const PROGRESS_STAGES = ['loading', 'computing'] as const;

/** Progress of a task. `share` is 0..1 of the stage; it restarts when another machine begins the task again. */
export interface TaskProgress {
  stage: (typeof PROGRESS_STAGES)[number];
  share: number;
}

/** Tokens of an answer, as they are said. */
export interface TokenProgress {
  stage: 'speaking';
  model: string;
  /** Number of the first of them in the answer. */
  at: number;
  tokens: readonly AnswerToken[];
}

export type ProgressListener = (progress: TaskProgress) => void;
/** Hears everything that a machine reports of a task under way. */
export type ReportListener = (report: TaskProgress | TokenProgress) => void;

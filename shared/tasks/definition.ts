import type { ZodType } from 'zod';
import { MeshError } from '../errors.ts';

/** Every task type there is, for those who name them and run none. */
export const TASK_NAMES = ['echo', 'upscale', 'infer', 'pathfinding', 'physics', 'raytracing'] as const;
export type TaskName = (typeof TASK_NAMES)[number];

/** auto: whichever is predicted to finish first; volunteers: never here; local: never elsewhere. */
export const WHERES = ['auto', 'volunteers', 'local'] as const;
export type Where = (typeof WHERES)[number];

/** Throws MeshError `bad-input`. */
export function checkWhere(where: string): void {
  if ((WHERES as readonly string[]).includes(where)) return;
  throw MeshError.badInput(`The place to work is one of ${WHERES.join(', ')}, not '${where}'.`);
}

/** 8-bit sRGB RGBA pixels, rows top to bottom, straight (not premultiplied) alpha; `data.length === width * height * 4`. */
export interface PixelImage {
  width: number;
  height: number;
  data: Uint8ClampedArray | Uint8Array;
}

/** A task as it travels: small params in the envelope, bulk bytes as raw attachments. */
export interface PackedTask<Params = unknown> {
  params: Params;
  attachments: Uint8Array[];
}

/** What an executor answers: a small value for the envelope and raw attachments. */
export interface PackedResult {
  value: unknown;
  attachments: Uint8Array[];
}

/** Work that a check wants done to compare with. `another`: by whoever is soonest, but not by whose result is checked. */
export interface Recomputation {
  task: PackedTask;
  by: 'us' | 'another';
}

/**
 * A look at whether a result is right, in steps of well under a millisecond. For what it yields it is given the result to go on with.
 * Throws MeshError `verify-failed`.
 */
export type Verification = Generator<Recomputation | undefined, void, PackedResult | undefined>;

/** What both ends must agree on about one task type. */
export interface TaskDefinition<Input, Params, Result> {
  readonly type: string;
  /** Shape of the params on the wire. */
  readonly params: ZodType<Params>;
  /** Deterministic: equal inputs give equal results. */
  readonly cacheable: boolean;
  /** Gamer's side: validates an input. Throws MeshError `bad-input` or `too-large`. */
  pack(input: Input): PackedTask<Params>;
  /** Volunteer's side: do the attachments fit the params? Throws MeshError `malformed` or `too-large`. */
  checkAttachments(params: Params, attachments: readonly Uint8Array[]): void;
  /** Gamer's side: validates what a volunteer answered to this task. Throws MeshError `malformed`. */
  unpackResult(task: PackedTask<Params>, result: PackedResult): Result;
  /** First deadline, ms, before anything is measured. */
  firstDeadlineMs(params: Params): number;
  /** What runs differ in beside their cost: machines tell and learn their speed for each. The type's name, or begins with it. */
  kindOf(params: Params): string;
  /** Units of work: what `unitsPerMs` of a backend counts. */
  cost(params: Params): number;
  /** Bytes of the result, for predicting its transfer. */
  resultBytes(params: Params): number;
  /**
   * Gamer's side: is it the right result? Much cheaper than the work, so a look at a random part of it. An honest machine passes
   * whatever its precision and the order of its sums.
   */
  verify(task: PackedTask<Params>, result: Result, random: () => number): Verification;
  /** At most so many tasks that are the whole together, sharing their bytes; a single one where that would only repeat work. */
  split?(task: PackedTask<Params>, parts: number): TaskSplit<Params>;
}

export interface TaskSplit<Params> {
  tasks: PackedTask<Params>[];
  /** Results that were validated, in the order of the tasks; what comes out is the result of the whole. Throws MeshError `too-large`. */
  merge(results: readonly PackedResult[]): PackedResult;
}

/** Work in steps of well under a millisecond: whoever iterates may rest between two, or leave. */
export type Steps<T> = Generator<undefined, T, unknown>;

/** Without a rest. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** What a long task is at: `loading` fetches what it needs, `computing` is the work itself. */
export const PROGRESS_STAGES = ['loading', 'computing'] as const;

/** How far a task is. `share` is of its stage, 0 to 1; it begins anew where the task is begun again by somebody else. */
export interface TaskProgress {
  stage: (typeof PROGRESS_STAGES)[number];
  share: number;
}

export type ProgressListener = (progress: TaskProgress) => void;

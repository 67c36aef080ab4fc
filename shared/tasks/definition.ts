import type { ZodType } from 'zod';

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
  split?(task: PackedTask<Params>, parts: number): TaskSplit<Params, Result>;
}

export interface TaskSplit<Params, Result> {
  tasks: PackedTask<Params>[];
  /** Results in the order of the tasks; what comes out is the result of the whole. */
  merge(results: readonly Result[]): Result;
}

import { MeshError } from '../errors.ts';
import { parseUrl } from '../older-browsers.ts';
import { z } from '../zod.ts';
import { checkedInput } from './checked-input.ts';
import { type PackedResult, type TaskDefinition, UNDECIDED } from './definition.ts';
import { packInputs, type TaskValue, valuesSchema } from './infer/inputs.ts';
import {
  agrees,
  headersSchema,
  sizeBytes,
  sizeOfAll,
  type Tensor,
  type TensorHeader,
  tensorOf,
} from './infer/tensors.ts';
import { attachmentAt, checkSizes } from './packing.ts';

/** First deadline by declared effort, ms. */
const FIRST_DEADLINE_MS = { simple: 500, complex: 5_000 };
/** Share of checks that ask no other volunteer first: those that confirm each other's wrong results are found out in time. */
const SHARE_CHECKED_HERE = 1 / 4;
/** Longest model: a name from the list of models, or a URL with the hash of its file. */
const MAX_MODEL_CHARS = 1_024;

export type Effort = keyof typeof FIRST_DEADLINE_MS;

/**
 * Whether each row of a model's outputs, along the first axis, depends on the same row of the inputs only: `independent` rows of several
 * tasks may run together, and those of one apart; `joint` ones never.
 */
export const ROW_RELATIONS = ['independent', 'joint'] as const;
export type RowRelation = (typeof ROW_RELATIONS)[number];

export interface InferInput {
  model: string;
  inputs: Record<string, TaskValue>;
  effort?: Effort | undefined;
  rows?: RowRelation | undefined;
  /** Names a session, which keeps the model's state for the next call. It never leaves this machine. */
  session?: string | undefined;
  /** Outputs that are state, with the inputs that they go on from, where the names do not tell. */
  state?: Record<string, string> | undefined;
}
export interface InferParams {
  model: string;
  effort: Effort;
  /** Undefined: as the model's graph proves. */
  rows?: RowRelation | undefined;
  inputs: TensorHeader[];
}
export interface InferResult {
  outputs: Record<string, Tensor>;
  /** False if a check was due and nobody could make it, as for a model whose answer varies from run to run. */
  checked: boolean;
}

const modelSchema = z
  .string()
  .min(1)
  .max(MAX_MODEL_CHARS)
  .refine(isModelName, 'expected the name or the URL of a model');
const effortSchema = z.enum(['simple', 'complex']);
const rowsSchema = z.enum(ROW_RELATIONS).optional();
const inputSchema = z.object({
  model: modelSchema,
  inputs: valuesSchema,
  effort: effortSchema.optional(),
  rows: rowsSchema,
});
const valueSchema = z.strictObject({
  outputs: headersSchema,
  /** The model draws random numbers, or has weights whose server may change them. Believed only of what this machine computed. */
  varies: z.boolean().optional(),
});

/** Names of the outputs in a result's value, in the order of its attachments; none where it is no such value. */
export function outputNames(value: unknown): string[] {
  const parsed = valueSchema.safeParse(value);
  return parsed.success ? parsed.data.outputs.map(({ name }) => name) : [];
}

/** `infer` runs an ONNX model. The attachments of a task are its inputs, in the order of the params; those of a result are its outputs, in the order of the value. */
export const infer: TaskDefinition<InferInput, InferParams, InferResult> = {
  type: 'infer',
  params: z.strictObject({ model: modelSchema, effort: effortSchema, rows: rowsSchema, inputs: headersSchema }),
  value: valueSchema,
  cacheable: true,
  pack(input) {
    const { model, inputs, effort = 'simple', rows } = checkedInput(inputSchema, input, 'infer');
    const { headers, attachments } = packInputs(inputs);
    return { params: { model, effort, ...(rows && { rows }), inputs: headers }, attachments };
  },
  checkAttachments({ inputs }, attachments) {
    checkSizes(attachments, inputs.map(sizeBytes), 'An infer task');
    for (const [at, header] of inputs.entries()) checkElements(header, attachmentAt(attachments, at));
  },
  unpackResult(_task, { value, attachments }) {
    const parsed = valueSchema.safeParse(value);
    if (!parsed.success) throw MeshError.malformed('The outputs of a model came back in an unknown form.');
    const headers = parsed.data.outputs;
    checkSizes(attachments, headers.map(sizeBytes), 'The outputs of a model');
    return {
      checked: true,
      outputs: Object.fromEntries(
        headers.map(({ name, ...header }, at) => [name, tensorOf(header, attachmentAt(attachments, at))]),
      ),
    };
  },
  // Each model has its own speed.
  kindOf: ({ model }) => `infer:${model}`,
  loadsFiles: () => true,
  firstDeadlineMs: ({ effort }) => FIRST_DEADLINE_MS[effort],
  // The cost of a model is known only to machines that have it; for one model, twice the rows cost twice as much.
  cost: ({ inputs }) => Math.max(1, sizeOfAll(inputs)),
  // A guess, for the same reason.
  resultBytes: ({ inputs }) => sizeOfAll(inputs),
  // Checking a model's output requires running it. A second machine may confirm it; whether it is wrong this machine decides, and only
  // of a model that gives this machine the same answer twice, and of which both must have had the same file: one of the server's list,
  // which has its hash, or one whose address has.
  *verify(task, { outputs }, random) {
    const isLike = (one: Record<string, Tensor>, other: PackedResult | undefined) =>
      other !== undefined && agrees(one, infer.unpackResult(task, other).outputs);
    if (random() >= SHARE_CHECKED_HERE && isLike(outputs, yield { task, by: 'another' })) return;
    const ours = yield { task, by: 'us' };
    if (isLike(outputs, ours)) return;
    if (!isPinned(task.params.model) || varies(ours)) return UNDECIDED;
    const again = yield { task, by: 'us' };
    const isStable = ours !== undefined && isLike(infer.unpackResult(task, ours).outputs, again);
    if (!isStable || isLike(outputs, again)) return UNDECIDED;
    throw MeshError.verifyFailed('This machine got other numbers from the same model, twice the same.');
  },
  mayKeep: (result) => !varies(result),
  asUnchecked: (result) => ({ ...result, checked: false }),
};

/** Whether a model is given by its URL instead of its name in the list of models. */
export function isModelUrl(model: string): boolean {
  return model.includes(':');
}

/** The part of a model's address that names the content of its file. */
export const MODEL_PIN = /^#sha256=([0-9a-f]{64})$/;

/** Whether machines that load a model have the same file, whatever its server does. That is not said of weights in files beside it. */
function isPinned(model: string): boolean {
  return !isModelUrl(model) || MODEL_PIN.test(parseUrl(model)?.hash ?? '');
}

function isModelName(model: string): boolean {
  if (!isModelUrl(model)) return /^[\w.-]+$/.test(model);
  return /^https?:$/.test(parseUrl(model)?.protocol ?? '');
}

/** Whether a machine says that its model may answer otherwise elsewhere: two equal runs of this machine then prove nothing. */
function varies(result: PackedResult | undefined): boolean {
  return valueSchema.safeParse(result?.value).data?.varies === true;
}

/** Throws MeshError `malformed`. */
function checkElements(header: TensorHeader, bytes: Uint8Array): void {
  if (header.type === 'bool' && !bytes.every((byte) => byte <= 1))
    throw MeshError.malformed('An infer task arrived with bool values other than 0 and 1.');
  if (header.type === 'string') tensorOf(header, bytes);
}

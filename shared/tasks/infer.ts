import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';
import type { TaskDefinition } from './definition.ts';
import {
  agrees,
  elementsIn,
  headersSchema,
  INFER,
  sizeBytes,
  sizeOfAll,
  TENSOR_TYPES,
  type Tensor,
  type TensorHeader,
} from './infer/tensors.ts';
import { bytesOf, checkedInput, checkSizes, partOf } from './packing.ts';

/** First deadline by declared effort, ms. */
const FIRST_DEADLINE_MS = { simple: 500, complex: 5_000 };
/** Longest model: a name from the list of models, or a URL with the hash of its file. */
const MAX_MODEL_CHARS = 1_024;

export type Effort = keyof typeof FIRST_DEADLINE_MS;

export interface InferInput {
  model: string;
  inputs: Record<string, { type: string; dims: number[]; data: ArrayBufferView }>;
  effort?: Effort | undefined;
}
export interface InferParams {
  model: string;
  effort: Effort;
  inputs: TensorHeader[];
}
export interface InferResult {
  outputs: Record<string, Tensor>;
}

const modelSchema = z.string().min(1).max(MAX_MODEL_CHARS).refine(isModelName, 'no name of a model, and no URL');
const effortSchema = z.enum(['simple', 'complex']);
const tensorSchema = z.object({
  type: z.enum(TENSOR_TYPES),
  dims: z.array(z.int().min(1)).max(INFER.maxRank),
  data: z.custom<ArrayBufferView>(ArrayBuffer.isView, 'expected a typed array'),
});
const inputSchema = z.object({
  model: modelSchema,
  inputs: z.record(z.string().min(1).max(INFER.maxNameChars), tensorSchema),
  effort: effortSchema.optional(),
});
const valueSchema = z.strictObject({ outputs: headersSchema });

/** `infer` runs an ONNX model: attachments are its inputs in the order of the params, and the outputs of a result in that of its value. */
export const infer: TaskDefinition<InferInput, InferParams, InferResult> = {
  type: 'infer',
  params: z.strictObject({ model: modelSchema, effort: effortSchema, inputs: headersSchema }),
  cacheable: true,
  pack(input) {
    const { model, inputs, effort = 'simple' } = checkedInput(inputSchema, input, 'infer');
    const headers = Object.entries(inputs).map(([name, { type, dims }]) => ({ name, type, dims: [...dims] }));
    if (headers.length === 0) throw MeshError.badInput('An infer task wants at least one input.');
    if (headers.length > INFER.maxTensors)
      throw MeshError.badInput(`An infer task takes at most ${INFER.maxTensors} inputs, not ${headers.length}.`);
    const totalBytes = sizeOfAll(headers);
    if (totalBytes > INFER.maxBytes) throw MeshError.tooLarge('The inputs together', totalBytes, INFER.maxBytes);
    const attachments = Object.entries(inputs).map(([name, { type, dims, data }]) => {
      const wanted = sizeBytes({ type, dims });
      if (data.byteLength !== wanted) {
        throw MeshError.badInput(
          `The input '${name}' is ${type} [${dims.join(', ')}], which is ${wanted} bytes; its data has ${data.byteLength}.`,
        );
      }
      const bytes = bytesOf(data).slice();
      if (type === 'bool' && !isBooleans(bytes))
        throw MeshError.badInput(`The input '${name}' is bool: its bytes are 0 or 1.`);
      return bytes;
    });
    return { params: { model, effort, inputs: headers }, attachments };
  },
  checkAttachments({ inputs }, attachments) {
    checkSizes(attachments, inputs.map(sizeBytes), 'An infer task');
    for (const [at, { type }] of inputs.entries()) {
      if (type === 'bool' && !isBooleans(partOf(attachments, at)))
        throw MeshError.malformed('An infer task came with truth values that are neither 0 nor 1.');
    }
  },
  unpackResult(_task, { value, attachments }) {
    const parsed = valueSchema.safeParse(value);
    if (!parsed.success) throw MeshError.malformed('What a model gave came back in no known form.');
    const headers = parsed.data.outputs;
    checkSizes(attachments, headers.map(sizeBytes), 'What a model gave');
    return {
      outputs: Object.fromEntries(
        headers.map(({ name, type, dims }, at) => [
          name,
          { type, dims, data: elementsIn(type, partOf(attachments, at)) },
        ]),
      ),
    };
  },
  // Each model goes at its own speed.
  kindOf: ({ model }) => `infer:${model}`,
  firstDeadlineMs: ({ effort }) => FIRST_DEADLINE_MS[effort],
  // What a model costs is only known to those who have it; of one model, a task of twice the rows costs twice as much.
  cost: ({ inputs }) => sizeOfAll(inputs),
  // At a guess, for the same reason.
  resultBytes: ({ inputs }) => sizeOfAll(inputs),
  // What a model gives can only be had by running it: somebody else's result is held beside this one, and where they differ ours decides.
  *verify(task, { outputs }) {
    for (const by of ['another', 'us'] as const) {
      const again = yield { task, by };
      if (!again || agrees(outputs, infer.unpackResult(task, again).outputs)) return;
    }
    throw MeshError.verifyFailed('Two other machines got other numbers from the same model.');
  },
};

/** One that stands in no list of models but is fetched from where it says. */
export function isModelUrl(model: string): boolean {
  return model.includes(':');
}

function isModelName(model: string): boolean {
  if (!isModelUrl(model)) return /^[\w.-]+$/.test(model);
  return /^https?:$/.test(URL.canParse(model) ? new URL(model).protocol : '');
}

function isBooleans(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte <= 1);
}

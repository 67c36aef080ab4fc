import { MeshError } from '../../errors.ts';
import { z } from '../../zod.ts';
import { bytesOf } from '../packing.ts';
import {
  bytesOfTexts,
  elementsOfAll,
  INFER,
  namesChars,
  shapeWords,
  sizeBytes,
  sizeOfAll,
  TENSOR_TYPES,
  type TensorHeader,
} from './tensors.ts';

/** A tensor, as the caller of the SDK gives it. */
export type TaskTensor =
  | { type: string; dims: number[]; data: ArrayBufferView }
  | { type: 'string'; dims: number[]; data: string[] };

/** What the inputs and outputs of ONNX models may be. Only tensors can be computed today. */
export type TaskValue =
  | TaskTensor
  | { sequence: TaskValue[] }
  | { map: [string | number | bigint, TaskValue][] }
  | { none: true };

const dataSchema = z.custom<ArrayBufferView | string[]>(
  (data) => ArrayBuffer.isView(data) || (Array.isArray(data) && data.every((text) => typeof text === 'string')),
  'expected a typed array, or texts in an array for the type string',
);
const tensorSchema = z.object({
  type: z.enum(TENSOR_TYPES),
  dims: z.array(z.int().min(0)).max(INFER.maxRank),
  data: dataSchema,
});
type CheckedTensor = z.infer<typeof tensorSchema>;

/** Values that are no tensors are refused here, with a sentence about what they are. */
export const valuesSchema = z.record(
  z.string().min(1).max(INFER.maxNameChars),
  z.preprocess(requireTensor, tensorSchema),
);

/** Throws MeshError `bad-input`, `too-large`. Nothing is copied before it is known to fit. */
export function packInputs(inputs: Record<string, CheckedTensor>): {
  headers: TensorHeader[];
  attachments: Uint8Array[];
} {
  const given = Object.entries(inputs);
  if (given.length > INFER.maxTensors)
    throw MeshError.badInput(
      `An infer task takes at most ${INFER.maxTensors} inputs, not ${given.length}. Use a model with fewer.`,
    );
  const texts = new Map(given.map(([name, tensor]) => [name, textsOf(name, tensor)]));
  const headers = given.map(([name, { type, dims }]): TensorHeader => {
    const textBytes = texts.get(name)?.byteLength;
    return { name, type, dims: [...dims], ...(textBytes !== undefined && { textBytes }) };
  });
  checkSizes(headers);
  const attachments = given.map(([name, { type, data }], at) => {
    const wanted = headers[at];
    const bytes = texts.get(name) ?? (ArrayBuffer.isView(data) ? bytesOf(data) : null);
    if (!wanted || !bytes) throw MeshError.badInput(`The input '${name}' is ${type}: its data must be a typed array.`);
    if (bytes.byteLength !== sizeBytes(wanted)) {
      throw MeshError.badInput(
        `The input '${name}' is ${shapeWords(type, wanted.dims)}, which is ${sizeBytes(wanted)} bytes; its data has ${bytes.byteLength}. Correct the dims or the data.`,
      );
    }
    if (type === 'bool' && !bytes.every((byte) => byte <= 1))
      throw MeshError.badInput(`The input '${name}' is bool: its bytes must be 0 or 1.`);
    return bytes.slice();
  });
  return { headers, attachments };
}

function checkSizes(headers: readonly TensorHeader[]): void {
  const totalBytes = sizeOfAll(headers);
  if (totalBytes > INFER.maxBytes) throw MeshError.tooLarge('The inputs together', totalBytes, INFER.maxBytes);
  const elements = elementsOfAll(headers);
  if (elements > INFER.maxElements) {
    const message = `The inputs together have ${elements} elements; the limit is ${INFER.maxElements}. Send fewer rows at a time.`;
    throw new MeshError('too-large', message);
  }
  if (namesChars(headers) > INFER.maxNamesChars) {
    const message = `The names of the inputs together are longer than ${INFER.maxNamesChars} characters. Export the model with shorter ones.`;
    throw new MeshError('too-large', message);
  }
}

/** The bytes of a tensor of texts; undefined for one of numbers. */
function textsOf(name: string, { type, dims, data }: CheckedTensor): Uint8Array | undefined {
  if (type !== 'string') return undefined;
  const wanted = elementsOfAll([{ dims }]);
  if (wanted > INFER.maxTexts)
    throw new MeshError(
      'too-large',
      `The input '${name}' has ${wanted} texts; the limit is ${INFER.maxTexts}. Send fewer rows at a time.`,
    );
  if (!Array.isArray(data) || data.length !== wanted)
    throw MeshError.badInput(
      `The input '${name}' is ${shapeWords(type, dims)}: its data must be ${wanted} texts in an array.`,
    );
  return bytesOfTexts(data);
}

function requireTensor(value: unknown): unknown {
  const kind = ['sequence', 'map', 'none'].find((key) => typeof value === 'object' && value !== null && key in value);
  if (kind === undefined) return value;
  const what = kind === 'none' ? 'an absent optional' : `a ${kind}`;
  throw MeshError.badInput(
    `An input is ${what}, which onnxruntime-web does not take in browsers. Export the model so that it takes tensors only.`,
  );
}

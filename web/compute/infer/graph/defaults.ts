import { concatBytes } from '../../../../shared/bytes.ts';
import type { TensorShape } from '../model-shape.ts';
import type { OnnxModel } from './onnx-graph.ts';
import { allFieldsOf, fieldsOf, messageIn, ReadBudget, textIn } from './protobuf.ts';

/** The first version of the format in which a run may give another value in place of an initializer. Before, each was named as an input too. */
const FIRST_VERSION = 4;

/** Fields of onnx.proto. */
const GRAPH = 7;
const INITIALIZER = 5;
const TENSOR_NAME = 8;

/** The inputs that have a default: onnxruntime-web neither tells nor takes them. */
export function inputsWithDefault({ irVersion, graph }: OnnxModel): TensorShape[] {
  if (irVersion < FIRST_VERSION) return [];
  return graph.inputs.flatMap(({ name, type, dims }) =>
    type !== null && graph.initializers.has(name) ? [{ name, type, dims: (dims ?? []).map((dim) => dim ?? '') }] : [],
  );
}

/** The model with these inputs without their defaults, so that a run must give them. Throws MeshError `malformed`, `unknown-model`. */
export function withoutDefaults(model: Uint8Array, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const budget = new ReadBudget();
  for (const { id, bytes, start, end } of fieldsOf(model, budget)) {
    if (id !== GRAPH || !bytes) parts.push(model.subarray(start, end));
    else {
      const kept = allFieldsOf(bytes, budget)
        .filter((field) => field.id !== INITIALIZER || !names.includes(nameOf(messageIn(field), budget)))
        .map((field) => bytes.subarray(field.start, field.end));
      const length = kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
      parts.push(Uint8Array.of(GRAPH * 8 + 2), lengthPrefix(length), ...kept);
    }
  }
  return concatBytes(parts);
}

function nameOf(tensor: Uint8Array, budget: ReadBudget): string {
  for (const field of fieldsOf(tensor, budget)) if (field.id === TENSOR_NAME) return textIn(field, budget);
  return '';
}

/** A varint. */
function lengthPrefix(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Uint8Array.from([...bytes, rest]);
}

import { MeshError } from '../../../../shared/errors.ts';
import type { TensorType } from '../../../../shared/tasks/infer/tensors.ts';
import { allFieldsOf, type Field, fieldsOf, messageIn, ReadBudget, textIn, wholeNumbers } from './protobuf.ts';

// The parts of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) that say what a model does, without its weights.

/** Graphs within graphs, as in loops: deeper than any exporter nests them. */
const MAX_DEPTH = 16;
/** Elements of a constant whose values are read: shapes, axes, paddings. */
const MAX_VALUES = 64;
/** Of one number (protobuf's encoding). */
const MAX_VARINT_BYTES = 10;
/** TensorProto.DataType: those that tasks carry, by their numbers. */
export const TENSOR_TYPE_NUMBERS: ReadonlyMap<number, TensorType> = new Map<number, TensorType>([
  ...([
    [1, 'float32'],
    [2, 'uint8'],
    [3, 'int8'],
    [4, 'uint16'],
    [5, 'int16'],
    [6, 'int32'],
    [7, 'int64'],
  ] as const),
  ...([
    [8, 'string'],
    [9, 'bool'],
    [10, 'float16'],
    [11, 'float64'],
    [12, 'uint32'],
    [13, 'uint64'],
  ] as const),
]);
const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;

export interface OnnxTensor {
  dims: readonly number[];
  /** Of small tensors of float32, int32 and int64; null for all others. */
  values: readonly number[] | null;
  /** The file that has its numbers; null for the model's own. */
  file: string | null;
}

export interface OnnxAttribute {
  number: number | null;
  numbers: readonly number[];
  text: string;
  tensor: OnnxTensor | null;
  graphs: readonly OnnxGraph[];
}

export interface OnnxNode {
  /** Name of the operator, with its domain unless that is ONNX's own: `Relu`, `ai.onnx.ml.Scaler`. */
  operator: string;
  /** Names; an empty one stands for an optional input that is not given. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An input of the graph. */
export interface OnnxInput {
  name: string;
  /** Null where it is no tensor, or one of another type. */
  type: TensorType | null;
  /** Size of each axis; null where it is open. Null as a whole: it is no tensor, or the model does not say. */
  dims: readonly (number | null)[] | null;
}

export interface OnnxGraph {
  nodes: readonly OnnxNode[];
  initializers: ReadonlyMap<string, OnnxTensor>;
  /** With those that have an initializer, which is their default. */
  inputs: readonly OnnxInput[];
  outputs: readonly string[];
}

export interface OnnxModel {
  irVersion: number;
  /** Version of ONNX's own operators. */
  operatorSet: number;
  graph: OnnxGraph;
  /** Bodies of operators that the model defines itself. */
  functions: readonly OnnxGraph[];
}

/** Reads a model. Weights are not copied. Throws MeshError `malformed` for other files; `unknown-model` for a graph of more parts than any real one. */
export function readModel(bytes: Uint8Array, budget = new ReadBudget()): OnnxModel {
  let irVersion = 0;
  let operatorSet = 0;
  let graph: OnnxGraph | null = null;
  const functions: OnnxGraph[] = [];
  for (const field of fieldsOf(bytes, budget)) {
    if (field.id === 1) irVersion = field.value;
    else if (field.id === 7) graph = readGraph(messageIn(field), 0, budget);
    else if (field.id === 8) operatorSet = ownVersion(messageIn(field), budget) ?? operatorSet;
    else if (field.id === 25) functions.push(readFunction(messageIn(field), budget));
  }
  if (!graph) throw MeshError.malformed('The model is no ONNX file: it has no graph.');
  return { irVersion, operatorSet, graph, functions };
}

/** The files, beside its own, in which a model keeps weights. */
export function weightFiles({ graph }: OnnxModel): string[] {
  const graphs = [
    graph,
    ...[...allNodes(graph)].flatMap(({ attributes }) => [...attributes.values()].flatMap((it) => it.graphs)),
  ];
  const tensors = [
    ...graphs.flatMap(({ initializers }) => [...initializers.values()]),
    ...[...allNodes(graph)].flatMap(({ attributes }) => [...attributes.values()].flatMap(({ tensor }) => tensor ?? [])),
  ];
  return [...new Set(tensors.flatMap(({ file }) => file ?? []))];
}

/** All nodes of a graph and of those within it. */
export function* allNodes({ nodes }: OnnxGraph): Generator<OnnxNode, void> {
  for (const node of nodes) {
    yield node;
    for (const { graphs } of node.attributes.values()) for (const inner of graphs) yield* allNodes(inner);
  }
}

/** OperatorSetIdProto. Null for operators that are not ONNX's own. */
function ownVersion(message: Uint8Array, budget: ReadBudget): number | null {
  const fields = allFieldsOf(message, budget);
  const domain = fields.find(({ id }) => id === 1);
  const isOwn = !domain || ['', 'ai.onnx'].includes(textIn(domain, budget));
  return isOwn ? (fields.find(({ id }) => id === 2)?.value ?? null) : null;
}

/** GraphProto. */
function readGraph(message: Uint8Array, depth: number, budget: ReadBudget): OnnxGraph {
  if (depth > MAX_DEPTH) throw MeshError.malformed(`The model has graphs within graphs, deeper than ${MAX_DEPTH}.`);
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const inputs: OnnxInput[] = [];
  const outputs: string[] = [];
  for (const field of fieldsOf(message, budget)) {
    if (field.id === 1) nodes.push(readNode(messageIn(field), depth, budget));
    else if (field.id === 5) {
      const { name, ...tensor } = readTensor(messageIn(field), budget);
      initializers.set(name, tensor);
    } else if (field.id === 11) inputs.push(readInput(messageIn(field), budget));
    else if (field.id === 12) outputs.push(readInput(messageIn(field), budget).name);
  }
  return { nodes, initializers, inputs, outputs };
}

/** FunctionProto, of which only the nodes matter. */
function readFunction(message: Uint8Array, budget: ReadBudget): OnnxGraph {
  const nodes = allFieldsOf(message, budget)
    .filter(({ id }) => id === 7)
    .map((field) => readNode(messageIn(field), 0, budget));
  return { nodes, initializers: new Map(), inputs: [], outputs: [] };
}

/** NodeProto. */
function readNode(message: Uint8Array, depth: number, budget: ReadBudget): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  let type = '';
  let domain = '';
  for (const field of fieldsOf(message, budget)) {
    if (field.id === 1) inputs.push(textIn(field, budget));
    else if (field.id === 2) outputs.push(textIn(field, budget));
    else if (field.id === 4) type = textIn(field, budget);
    else if (field.id === 7) domain = textIn(field, budget);
    else if (field.id === 5) {
      const { name, ...attribute } = readAttribute(messageIn(field), depth, budget);
      attributes.set(name, attribute);
    }
  }
  const operator = domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`;
  return { operator, inputs, outputs, attributes };
}

/** AttributeProto. */
function readAttribute(message: Uint8Array, depth: number, budget: ReadBudget): OnnxAttribute & { name: string } {
  let name = '';
  let number: number | null = null;
  let text = '';
  let tensor: OnnxTensor | null = null;
  const numbers: number[] = [];
  const graphs: OnnxGraph[] = [];
  for (const field of fieldsOf(message, budget)) {
    if (field.id === 1) name = textIn(field, budget);
    else if (field.id === 2 || field.id === 3) number = field.value;
    else if (field.id === 4) text = textIn(field, budget);
    else if (field.id === 5) tensor = readTensor(messageIn(field), budget);
    else if (field.id === 6 || field.id === 11) graphs.push(readGraph(messageIn(field), depth + 1, budget));
    else if (field.id === 8) for (const one of wholeNumbers(field, budget)) numbers.push(one);
  }
  return { name, number, numbers, text, tensor, graphs };
}

/** TensorProto. */
function readTensor(message: Uint8Array, budget: ReadBudget): OnnxTensor & { name: string } {
  let name = '';
  let type = 0;
  let raw: Uint8Array | null = null;
  let file: string | null = null;
  const dims: number[] = [];
  const listed: number[] = [];
  for (const field of fieldsOf(message, budget)) {
    if (field.id === 1) for (const dim of wholeNumbers(field, budget)) dims.push(dim);
    else if (field.id === 2) type = field.value;
    else if (field.id === 8) name = textIn(field, budget);
    else if (field.id === 9) raw = messageIn(field);
    else if (field.id === 13) file = location(messageIn(field), budget) ?? file;
    else if ((field.id === 5 && type === INT32) || (field.id === 7 && type === INT64))
      listNumbers(field, listed, budget);
  }
  const elements = dims.reduce((product, dim) => product * dim, 1);
  const isRead = elements <= MAX_VALUES && (type === FLOAT || type === INT32 || type === INT64);
  const values = isRead ? (raw ? rawNumbers(raw, type, elements) : listed) : null;
  return { name, dims, values: values?.length === elements ? values : null, file };
}

/** Adds numbers of a list, which may be in many fields. What has more than {@link MAX_VALUES} is not read. */
function listNumbers(field: Field, listed: number[], budget: ReadBudget): void {
  if (listed.length > MAX_VALUES || (field.bytes?.byteLength ?? 0) > MAX_VALUES * MAX_VARINT_BYTES) return;
  for (const number of wholeNumbers(field, budget)) listed.push(number);
}

/** StringStringEntryProto: null unless it names the file. */
function location(message: Uint8Array, budget: ReadBudget): string | null {
  const [key, value] = [1, 2].map((wanted) => allFieldsOf(message, budget).find(({ id }) => id === wanted));
  return key && value && textIn(key, budget) === 'location' ? textIn(value, budget) : null;
}

/** Null where there are not so many. */
function rawNumbers(raw: Uint8Array, type: number, count: number): number[] | null {
  const width = type === INT64 ? 8 : 4;
  if (raw.byteLength !== count * width) return null;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: count }, (_, i) =>
    type === FLOAT
      ? view.getFloat32(i * width, true)
      : width === 4
        ? view.getInt32(i * width, true)
        : Number(view.getBigInt64(i * width, true)),
  );
}

/** ValueInfoProto: a name, and in its type a tensor with a shape. */
function readInput(message: Uint8Array, budget: ReadBudget): OnnxInput {
  let name = '';
  let type: TensorType | null = null;
  let dims: (number | null)[] | null = null;
  for (const field of fieldsOf(message, budget)) {
    if (field.id === 1) name = textIn(field, budget);
    else if (field.id === 2) {
      const tensor = within(messageIn(field), 1, budget);
      const shape = within(tensor, 2, budget);
      for (const { id, value } of tensor ? fieldsOf(tensor, budget) : [])
        if (id === 1) type = TENSOR_TYPE_NUMBERS.get(value) ?? null;
      if (shape)
        dims = allFieldsOf(shape, budget)
          .filter(({ id }) => id === 1)
          .map((dim) => fixedSize(messageIn(dim), budget));
    }
  }
  return { name, type, dims };
}

/** The message that is a field of another. */
function within(message: Uint8Array | null, id: number, budget: ReadBudget): Uint8Array | null {
  for (const field of message ? fieldsOf(message, budget) : []) if (field.id === id) return messageIn(field);
  return null;
}

/** TensorShapeProto.Dimension: null for an open size. */
function fixedSize(message: Uint8Array, budget: ReadBudget): number | null {
  const size = allFieldsOf(message, budget).find(({ id }) => id === 1)?.value ?? -1;
  return size < 0 ? null : size;
}

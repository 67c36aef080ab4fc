import { concatBytes } from '../../../shared/bytes.ts';

// Writes small ONNX models, so that tests can have a model with any operator (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

/** TensorProto.DataType. */
const TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, string: 8, bool: 9, float64: 11 } as const;
type ElementType = keyof typeof TYPES;

/** A string is the name of an open size, or '' for none. */
export interface TestTensor {
  type?: ElementType;
  dims: (number | string)[];
}

export interface TestConstant {
  type?: 'float32' | 'int64' | 'uint8';
  dims: number[];
  values: number[];
  /** Name of a file that has the numbers instead. */
  file?: string;
}

/** A whole number, whole numbers, a text, or a graph. */
type TestAttribute = number | number[] | string | TestGraph;

export interface TestNode {
  operator: string;
  inputs: string[];
  outputs: string[];
  domain?: string;
  attributes?: Record<string, TestAttribute>;
}

export interface TestGraph {
  nodes: TestNode[];
  inputs?: Record<string, TestTensor>;
  outputs: Record<string, TestTensor | 'sequence'>;
  constants?: Record<string, TestConstant>;
}

export interface TestModel extends TestGraph {
  operatorSet?: number;
  irVersion?: number;
}

export function writeOnnx({ operatorSet = 17, irVersion = 8, ...graph }: TestModel): Uint8Array<ArrayBuffer> {
  const domains = [...new Set(graph.nodes.map(({ domain = '' }) => domain).concat(''))];
  const versions = domains.map((domain) =>
    message(8, concatBytes([text(1, domain), number(2, domain === '' ? operatorSet : 1)])),
  );
  return concatBytes([number(1, irVersion), message(7, graphBytes(graph)), ...versions]);
}

function graphBytes({ nodes, inputs = {}, outputs, constants = {} }: TestGraph): Uint8Array {
  return concatBytes([
    ...nodes.map((node) => message(1, nodeBytes(node))),
    text(2, 'graph'),
    ...Object.entries(constants).map(([name, constant]) => message(5, tensorBytes(constant, name))),
    ...Object.entries(inputs).map(([name, tensor]) => message(11, valueBytes(name, tensor))),
    ...Object.entries(outputs).map(([name, tensor]) => message(12, valueBytes(name, tensor))),
  ]);
}

function nodeBytes({ operator, inputs, outputs, domain = '', attributes = {} }: TestNode): Uint8Array {
  return concatBytes([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    text(7, domain),
    ...Object.entries(attributes).map(([name, value]) => message(5, attributeBytes(name, value))),
  ]);
}

/** With its AttributeType, as onnxruntime demands. */
function attributeBytes(name: string, value: TestAttribute): Uint8Array {
  if (typeof value === 'number') return concatBytes([text(1, name), number(3, value), number(20, 2)]);
  if (typeof value === 'string') return concatBytes([text(1, name), text(4, value), number(20, 3)]);
  if (Array.isArray(value)) return concatBytes([text(1, name), ...value.map((one) => number(8, one)), number(20, 7)]);
  return concatBytes([text(1, name), message(6, graphBytes(value)), number(20, 5)]);
}

function tensorBytes({ type = 'float32', dims, values, file }: TestConstant, name: string): Uint8Array {
  const data =
    type === 'int64'
      ? BigInt64Array.from(values, BigInt)
      : type === 'uint8'
        ? Uint8Array.from(values)
        : Float32Array.from(values);
  const raw = new Uint8Array(data.buffer);
  const location = concatBytes([text(1, 'location'), text(2, file ?? '')]);
  const content = file === undefined ? [message(9, raw)] : [message(13, location), number(14, 1)];
  return concatBytes([...dims.map((dim) => number(1, dim)), number(2, TYPES[type]), text(8, name), ...content]);
}

function valueBytes(name: string, tensor: TestTensor | 'sequence'): Uint8Array {
  if (tensor === 'sequence') {
    const floats = message(1, number(1, TYPES.float32));
    return concatBytes([text(1, name), message(2, message(4, message(1, floats)))]);
  }
  const { type = 'float32', dims } = tensor;
  const sizes = dims.map((dim) =>
    message(1, typeof dim === 'number' ? number(1, dim) : dim === '' ? NOTHING : text(2, dim)),
  );
  const typed = concatBytes([number(1, TYPES[type]), message(2, concatBytes(sizes))]);
  return concatBytes([text(1, name), message(2, message(1, typed))]);
}

/** Multiplies `x`, 64x64, by a matrix as often as `n` says: a run of any length. */
export function loopingModel(): Uint8Array<ArrayBuffer> {
  const square: TestTensor = { dims: [64, 64] };
  const body: TestGraph = {
    nodes: [
      { operator: 'Identity', inputs: ['condition'], outputs: ['goesOn'] },
      { operator: 'MatMul', inputs: ['before', 'weight'], outputs: ['after'] },
    ],
    inputs: { iteration: { type: 'int64', dims: [] }, condition: { type: 'bool', dims: [] }, before: square },
    outputs: { goesOn: { type: 'bool', dims: [] }, after: square },
  };
  const values = Array.from({ length: 64 * 64 }, (_, i) => (i % 65 === 0 ? 1 : 0));
  return writeOnnx({
    nodes: [{ operator: 'Loop', inputs: ['n', '', 'x'], outputs: ['y'], attributes: { body } }],
    inputs: { n: { type: 'int64', dims: [] }, x: square },
    outputs: { y: square },
    constants: { weight: { dims: [64, 64], values } },
  });
}

const NOTHING = new Uint8Array(0);

function number(field: number, value: number): Uint8Array {
  return concatBytes([varint(BigInt(field * 8)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

function text(field: number, value: string): Uint8Array {
  return message(field, new TextEncoder().encode(value));
}

function message(field: number, content: Uint8Array): Uint8Array {
  return concatBytes([varint(BigInt(field * 8 + 2)), varint(BigInt(content.byteLength)), content]);
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) return Uint8Array.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}

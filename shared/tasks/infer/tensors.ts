import type { ZodType } from 'zod';
import { concatBytes } from '../../bytes.ts';
import { MeshError } from '../../errors.ts';
import { z } from '../../zod.ts';
import { numbersIn } from '../packing.ts';

/** Limits of the tensors of one `infer` task or result. */
export const INFER = {
  /** Exporters make names of paths through the network's modules. */
  maxNameChars: 1_024,
  /** All names of one task or result: leaves room for the envelope in a transfer. */
  maxNamesChars: 32 * 1024,
  /** Inputs, or outputs: small models have one to three, language models with a cache of keys and values some hundred. */
  maxTensors: 256,
  maxRank: 8,
  /** All inputs, or all outputs, together: leaves room for the envelope in a transfer. */
  maxBytes: 64 * 1024 * 1024,
  /** The same, elements: what they cost does not depend on their size. As many as 64 MiB of float32. */
  maxElements: 16 * 1024 * 1024,
  /** Of these, texts: each is an object of its own. */
  maxTexts: 256 * 1024,
} as const;

/** Allowed difference of two numbers, relative to them and to the usual size in their tensor: half precision's 2^-11 over some layers. */
const TOLERANCE = 0.02;
/** Share of the integers of a tensor that may differ by one. */
const MAX_DIFFERING_SHARE = 1 / 64;

/**
 * Element types, those of onnxruntime-web that are whole bytes, with their typed arrays. `bool` is a byte of 0 or 1. `float16` is its raw
 * 16 bits, since not every browser has Float16Array.
 */
const VIEWS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

type NumberType = keyof typeof VIEWS;
export type TensorType = NumberType | 'string';
type NumberData = InstanceType<(typeof VIEWS)[NumberType]>;

/** A tensor: `data` has as many elements as the product of `dims`, in row-major order; a scalar has no `dims`. */
export type Tensor = NumberTensor | { type: 'string'; dims: number[]; data: string[] };

interface NumberTensor {
  type: NumberType;
  dims: number[];
  data: NumberData;
}

/** Description of a tensor's bytes in an envelope. */
export interface TensorHeader {
  name: string;
  type: TensorType;
  dims: number[];
  /** Size of a tensor of texts, which does not follow from `dims`. */
  textBytes?: number | undefined;
}

export const TENSOR_TYPES: readonly TensorType[] = [...(Object.keys(VIEWS) as NumberType[]), 'string'];

/** Bytes before each text: its length in UTF-8, little endian. */
const TEXT_PREFIX_BYTES = 4;

const headerSchema = z
  .strictObject({
    name: z.string().min(1).max(INFER.maxNameChars),
    type: z.enum(TENSOR_TYPES),
    dims: z.array(z.int().min(0).max(INFER.maxBytes)).max(INFER.maxRank),
    textBytes: z.int().min(0).max(INFER.maxBytes).optional(),
  })
  .refine(({ type, textBytes }) => (type === 'string') === (textBytes !== undefined), 'only texts have textBytes')
  .refine(({ type, dims }) => type !== 'string' || elementsOfAll([{ dims }]) <= INFER.maxTexts, 'too many texts');

/** Tensors of one task or result: names are unique, and all together stay within {@link INFER.maxBytes}. */
export const headersSchema: ZodType<TensorHeader[]> = z
  .array(headerSchema)
  .max(INFER.maxTensors)
  .refine((headers) => new Set(headers.map(({ name }) => name)).size === headers.length, 'duplicate name')
  .refine((headers) => namesChars(headers) <= INFER.maxNamesChars, 'too long names')
  .refine((headers) => sizeOfAll(headers) <= INFER.maxBytes, 'too many bytes')
  .refine((headers) => elementsOfAll(headers) <= INFER.maxElements, 'too many elements');

export function namesChars(headers: readonly { name: string }[]): number {
  return headers.reduce((sum, { name }) => sum + name.length, 0);
}

export function isTensorType(type: string): type is TensorType {
  return type === 'string' || Object.hasOwn(VIEWS, type);
}

export function sizeBytes({ type, dims, textBytes = 0 }: Omit<TensorHeader, 'name'>): number {
  if (type === 'string') return textBytes;
  return dims.reduce((product, dim) => product * dim, VIEWS[type].BYTES_PER_ELEMENT);
}

export function sizeOfAll(headers: readonly TensorHeader[]): number {
  return headers.reduce((sum, header) => sum + sizeBytes(header), 0);
}

export function elementsOfAll(headers: readonly Pick<TensorHeader, 'dims'>[]): number {
  return headers.reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
}

/** A tensor from its bytes: its numbers are a view of them if they are aligned. Throws MeshError `malformed` where the texts do not fit the bytes. */
export function tensorOf({ type, dims }: Omit<TensorHeader, 'name'>, bytes: Uint8Array): Tensor {
  if (type !== 'string') return { type, dims, data: numbersOf(type, bytes) };
  const data = textsIn(bytes);
  if (data?.length === elementsOfAll([{ dims }])) return { type, dims, data };
  throw MeshError.malformed('A tensor of texts has other texts than its dims say.');
}

/** The bytes of texts: each as UTF-8, after its length. */
export function bytesOfTexts(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  return concatBytes(
    texts.flatMap((text) => {
      const encoded = encoder.encode(text);
      const prefix = new Uint8Array(TEXT_PREFIX_BYTES);
      new DataView(prefix.buffer).setUint32(0, encoded.byteLength, true);
      return [prefix, encoded];
    }),
  );
}

/** Null for bytes that are no texts. */
function textsIn(bytes: Uint8Array): string[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const texts: string[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const from = at + TEXT_PREFIX_BYTES;
    if (from > bytes.byteLength || texts.length === INFER.maxTexts) return null;
    at = from + view.getUint32(at, true);
    if (at > bytes.byteLength) return null;
    texts.push(decoder.decode(bytes.subarray(from, at)));
  }
  return texts;
}

function numbersOf(type: NumberType, bytes: Uint8Array): NumberData {
  // Each class constructs a member of the union, which the compiler cannot infer for a union of classes.
  return numbersIn<NumberData>(VIEWS[type] as Parameters<typeof numbersIn<NumberData>>[0], bytes);
}

/** Type and shape for a message: `float32 [1, 3]`. */
export function shapeWords(type: string, dims: readonly (number | string)[]): string {
  return `${type} [${dims.join(', ')}]`;
}

/**
 * Whether two results come from the same model and inputs. Differences from half precision and the order of summation are accepted.
 * Integers may differ by one in a few places, as those of quantised models do where they are rounded.
 */
export function agrees(a: Record<string, Tensor>, b: Record<string, Tensor>): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const [first, second] = [a[name], Object.hasOwn(b, name) ? b[name] : undefined];
    return first !== undefined && second !== undefined && isSameShape(first, second) && areAlike(first, second);
  });
}

function isSameShape(a: Tensor, b: Tensor): boolean {
  return a.type === b.type && a.dims.length === b.dims.length && a.dims.every((dim, axis) => dim === b.dims[axis]);
}

function areAlike(a: Tensor, b: Tensor): boolean {
  if (a.type === 'string') return a.data.every((text, i) => text === b.data[i]);
  if (b.type === 'string') return false;
  return a.type.startsWith('float') ? areNear(a, b) : areSteps(a.data, b.data);
}

/** Compares relative to the larger number or to the tensor's root mean square: small numbers are often differences of large ones. */
function areNear(a: NumberTensor, b: NumberTensor): boolean {
  const [first, second] = [realsOf(a), realsOf(b)];
  const usual = Math.min(typicalSize(first), typicalSize(second));
  return first.every((value, i) => {
    const other = second[i] ?? Number.NaN;
    if (!Number.isFinite(value) || !Number.isFinite(other)) return Object.is(value, other);
    return Math.abs(value - other) <= TOLERANCE * Math.max(Math.abs(value), Math.abs(other), usual);
  });
}

function areSteps(a: NumberData, b: NumberData): boolean {
  let differing = 0;
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(Number(a[i] ?? 0) - Number(b[i] ?? 0));
    if (apart > 1) return false;
    differing += apart;
  }
  return differing <= a.length * MAX_DIFFERING_SHARE;
}

/** Root mean square of the finite values. */
function typicalSize(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value)) continue;
    sum += value * value;
    count++;
  }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}

function realsOf({ type, data }: NumberTensor): Float64Array {
  const numbers: Iterable<number | bigint> = data;
  return Float64Array.from(numbers, type === 'float16' ? (bits) => fromFloat16Bits(Number(bits)) : Number);
}

/** Decodes IEEE 754 binary16. */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

import type { ZodType } from 'zod';
import { z } from '../../zod.ts';
import { numbersIn } from '../numbers.ts';
import { INFER } from '../tuning.ts';

/**
 * Types of elements, those of onnxruntime-web that are whole bytes, and how a program sees them. `bool` is a byte of 0 or 1. `float16` is
 * its 16 bits: not every browser has a Float16Array.
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

export type TensorType = keyof typeof VIEWS;
export type TensorData = InstanceType<(typeof VIEWS)[TensorType]>;

/** `data` has as many elements as the product of `dims`, the last of which lies closest together; none for a single number. */
export interface Tensor {
  type: TensorType;
  dims: number[];
  data: TensorData;
}

/** What a tensor's bytes are, as it is told in an envelope. */
export interface TensorHeader {
  name: string;
  type: TensorType;
  dims: number[];
}

export const TENSOR_TYPES = Object.keys(VIEWS) as TensorType[];

const headerSchema = z.strictObject({
  name: z.string().min(1).max(INFER.maxNameChars),
  type: z.enum(TENSOR_TYPES),
  // An output may be empty.
  dims: z.array(z.int().min(0).max(INFER.maxBytes)).max(INFER.maxRank),
});

/** Tensors of one task or result: each name once, and all together within {@link INFER.maxBytes}. */
export const headersSchema: ZodType<TensorHeader[]> = z
  .array(headerSchema)
  .min(1)
  .max(INFER.maxTensors)
  .refine((headers) => new Set(headers.map(({ name }) => name)).size === headers.length, 'a name given twice')
  .refine((headers) => sizeOfAll(headers) <= INFER.maxBytes, 'too many bytes');

export function isTensorType(type: string): type is TensorType {
  return Object.hasOwn(VIEWS, type);
}

export function sizeBytes({ type, dims }: Pick<TensorHeader, 'type' | 'dims'>): number {
  return dims.reduce((product, dim) => product * dim, VIEWS[type].BYTES_PER_ELEMENT);
}

export function sizeOfAll(headers: readonly TensorHeader[]): number {
  return headers.reduce((sum, header) => sum + sizeBytes(header), 0);
}

/** Bytes of a tensor as its numbers: a view where they lie well, otherwise a copy. */
export function elementsIn(type: TensorType, bytes: Uint8Array): TensorData {
  // Each of the classes makes one of the union's; the compiler does not see that for the union of classes.
  return numbersIn<TensorData>(VIEWS[type] as Parameters<typeof numbersIn<TensorData>>[0], bytes);
}

/** For a person: `float32 [1, 3]`. */
export function shapeWords(type: string, dims: readonly (number | string)[]): string {
  return `${type} [${dims.join(', ')}]`;
}

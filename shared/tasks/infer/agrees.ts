import { INFER } from '../tuning.ts';
import type { Tensor, TensorData } from './tensors.ts';

/**
 * Did two machines run the same model on the same inputs? What half precision and sums in another order change is let pass; whole numbers
 * may differ by a step in a few places, as those of quantised models do where they are rounded.
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
  return a.type.startsWith('float') ? areNear(a, b) : areSteps(a.data, b.data);
}

/** By a part of the larger number, and of what numbers of the tensor usually are: small ones are what is left of large ones. */
function areNear(a: Tensor, b: Tensor): boolean {
  const [first, second] = [realsOf(a), realsOf(b)];
  const usual = Math.min(typicalSize(first), typicalSize(second));
  return first.every((value, i) => {
    const other = second[i] ?? Number.NaN;
    if (!Number.isFinite(value) || !Number.isFinite(other)) return Object.is(value, other);
    return Math.abs(value - other) <= INFER.tolerance * Math.max(Math.abs(value), Math.abs(other), usual);
  });
}

function areSteps(a: TensorData, b: TensorData): boolean {
  let differing = 0;
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(Number(a[i] ?? 0) - Number(b[i] ?? 0));
    if (apart > 1) return false;
    differing += apart;
  }
  return differing <= a.length * INFER.differingSteps;
}

/** The root of the mean square of those that are numbers. */
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

function realsOf({ type, data }: Tensor): Float64Array {
  const numbers: Iterable<number | bigint> = data;
  return Float64Array.from(numbers, type === 'float16' ? (bits) => fromFloat16Bits(Number(bits)) : Number);
}

/** IEEE 754 binary16. */
function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

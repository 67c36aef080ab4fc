import { concatBytes } from '../../../shared/bytes.ts';
import type { NamedTensor } from '../ort/onnx-sessions.ts';

/** Rows of tensors whose first axis counts rows. */
export function rowsOf(tensors: readonly NamedTensor[]): number {
  return tensors[0]?.dims[0] ?? 0;
}

/**
 * Tasks with equal keys can run as one batch: same names, types, and sizes of all axes but the rows. Null for inputs that have no rows, or not all
 * as many, and for texts.
 */
export function rowKey(tensors: readonly NamedTensor[]): string | null {
  const rows = rowsOf(tensors);
  if (rows === 0 || tensors.some(({ type, dims }) => type === 'string' || dims[0] !== rows)) return null;
  return JSON.stringify([...tensors].sort(byName).map(({ name, type, dims }) => [name, type, ...dims.slice(1)]));
}

/** Concatenates rows. Every part has the same tensors, in any order. */
export function joinRows(parts: readonly (readonly NamedTensor[])[]): NamedTensor[] {
  const [first = [], ...others] = parts;
  if (others.length === 0) return [...first];
  return first.map((tensor) => {
    const same = parts.map((part) => part.find(({ name }) => name === tensor.name) ?? tensor);
    const rows = same.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
    return { ...tensor, dims: [rows, ...tensor.dims.slice(1)], bytes: concatBytes(same.map(({ bytes }) => bytes)) };
  });
}

/** `count` rows of each tensor from row `from` on, as views. */
export function takeRows(tensors: readonly NamedTensor[], from: number, count: number): NamedTensor[] {
  return tensors.map((tensor) => {
    const [rows = 1, ...others] = tensor.dims;
    const rowBytes = tensor.bytes.byteLength / rows;
    const bytes = tensor.bytes.subarray(from * rowBytes, (from + count) * rowBytes);
    return { ...tensor, dims: [count, ...others], bytes };
  });
}

function byName(a: NamedTensor, b: NamedTensor): number {
  return a.name < b.name ? -1 : 1;
}

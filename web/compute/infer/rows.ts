import { concatBytes } from '../../../shared/bytes.ts';
import type { NamedTensor } from '../ort/onnx-sessions.ts';

/** Of tensors whose first axis is one of rows. */
export function rowsOf(tensors: readonly NamedTensor[]): number {
  return tensors[0]?.dims[0] ?? 0;
}

/** Tasks with equal ones can be run together: names, types, and all sizes but the rows. */
export function rowKey(tensors: readonly NamedTensor[]): string {
  return JSON.stringify([...tensors].sort(byName).map(({ name, type, dims }) => [name, type, ...dims.slice(1)]));
}

/** Rows under one another: those of the first, then those of the second. Each has the same tensors, in whatever order. */
export function joinRows(parts: readonly (readonly NamedTensor[])[]): NamedTensor[] {
  const [first = [], ...others] = parts;
  if (others.length === 0) return [...first];
  return first.map((tensor) => {
    const same = parts.map((part) => part.find(({ name }) => name === tensor.name) ?? tensor);
    const rows = same.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
    return { ...tensor, dims: [rows, ...tensor.dims.slice(1)], bytes: concatBytes(same.map(({ bytes }) => bytes)) };
  });
}

/** `count` rows of each, from one on; views, not copies. */
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

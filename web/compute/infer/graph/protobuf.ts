import { MeshError } from '../../../../shared/errors.ts';

/** One field of a protobuf message: a number for a varint or a fixed size, the bytes for a length. */
export interface Field {
  readonly id: number;
  /** 64-bit numbers as signed ones, and approximate beyond 2^53: no such number means anything in a model's graph. */
  readonly value: number;
  /** A view of the message; null for a number. */
  readonly bytes: Uint8Array | null;
  /** Where the field begins and ends in the message. */
  readonly start: number;
  readonly end: number;
}

/**
 * Parts that are read of one file, each of some ten bytes in memory: a graph of ten thousand nodes has four million, a forest of a million decisions
 * nine.
 */
const MAX_PARTS = 16 * 1024 * 1024;
/** What a message counts for beside its fields, since reading it makes several objects. */
const PARTS_OF_MESSAGE = 48;
/** What a field counts for that is kept: it is an object, and the view of its bytes another. */
const PARTS_OF_KEPT_FIELD = 16;
const TEXT_BYTES_PER_PART = 8;

/** Bounds what is read of one file: one of half a gigabyte of nothing but empty nodes would take many times its size in memory. */
export class ReadBudget {
  #left: number;

  constructor(parts: number = MAX_PARTS) {
    this.#left = parts;
  }

  /** Throws MeshError `unknown-model` once too much was read. */
  spend(parts: number): void {
    this.#left -= parts;
    if (this.#left >= 0) return;
    const message = `The graph of the model has more parts than a machine reads of it. Use a smaller model.`;
    throw new MeshError('unknown-model', message);
  }
}

/** The fields of a message, in order ([encoding](https://protobuf.dev/programming-guides/encoding/)). Throws MeshError `malformed`, `unknown-model`. */
export function* fieldsOf(message: Uint8Array, budget: ReadBudget): Generator<Field, void> {
  budget.spend(PARTS_OF_MESSAGE);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const cursor = { at: 0 };
  while (cursor.at < message.byteLength) {
    budget.spend(1);
    const start = cursor.at;
    const tag = varint(message, cursor);
    yield { id: Math.floor(tag / 8), ...contentOf(tag % 8, message, view, cursor), start, end: cursor.at };
  }
}

/** As {@link fieldsOf}, all at once. */
export function allFieldsOf(message: Uint8Array, budget: ReadBudget): Field[] {
  const fields: Field[] = [];
  for (const field of fieldsOf(message, budget)) {
    budget.spend(PARTS_OF_KEPT_FIELD);
    fields.push(field);
  }
  return fields;
}

/** Whole numbers of a repeated field, which may be packed. Throws MeshError `malformed`, `unknown-model`. */
export function wholeNumbers({ value, bytes }: Field, budget: ReadBudget): number[] {
  if (!bytes) return [value];
  const numbers: number[] = [];
  for (const cursor = { at: 0 }; cursor.at < bytes.byteLength; ) {
    budget.spend(1);
    numbers.push(varint(bytes, cursor));
  }
  return numbers;
}

/** Throws MeshError `malformed` for a number. */
export function messageIn({ bytes }: Field): Uint8Array {
  if (bytes) return bytes;
  throw damaged();
}

/** Throws MeshError `malformed` for a number; `unknown-model`. */
export function textIn(field: Field, budget: ReadBudget): string {
  const bytes = messageIn(field);
  budget.spend(bytes.byteLength / TEXT_BYTES_PER_PART);
  return new TextDecoder().decode(bytes);
}

function contentOf(
  wireType: number,
  message: Uint8Array,
  view: DataView,
  cursor: { at: number },
): Pick<Field, 'value' | 'bytes'> {
  if (wireType === 0) return { value: varint(message, cursor), bytes: null };
  const length = wireType === 2 ? varint(message, cursor) : wireType === 1 ? 8 : wireType === 5 ? 4 : -1;
  const from = cursor.at;
  if (length < 0 || from + length > message.byteLength) throw damaged();
  cursor.at = from + length;
  if (wireType === 2) return { value: 0, bytes: message.subarray(from, cursor.at) };
  return { value: wireType === 5 ? view.getFloat32(from, true) : view.getFloat64(from, true), bytes: null };
}

function varint(bytes: Uint8Array, cursor: { at: number }): number {
  let low = 0;
  let high = 0;
  for (let n = 0; n < 10; n++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw damaged();
    // 28 bits fit the bit operators; the rest is multiplied.
    if (n < 4) low |= (byte & 0x7f) << (7 * n);
    else high += (byte & 0x7f) * 2 ** (7 * (n - 4));
    if (byte < 0x80) return high >= 2 ** 35 ? low + (high - 2 ** 36) * 2 ** 28 : low + high * 2 ** 28;
  }
  throw damaged();
}

function damaged(): MeshError {
  return MeshError.malformed('The model is no ONNX file.');
}

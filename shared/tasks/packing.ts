import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';

/** Largest magnitude of a coordinate: beyond it, single precision can no longer represent squares and their sums usefully. */
const MAX_MAGNITUDE = 1e9;

export const real = z.number().min(-MAX_MAGNITUDE).max(MAX_MAGNITUDE);
/** Schema of a {@link Vec3}. */
export const vec3 = z.tuple([real, real, real]);

/** Value of a result that is all in its attachments. */
export const noValue = z.null();

/** Throws MeshError `malformed` unless the attachments have exactly these sizes. `what` is the subject of the message. */
export function checkSizes(attachments: readonly Uint8Array[], sizesBytes: readonly number[], what: string): void {
  const fits =
    attachments.length === sizesBytes.length && sizesBytes.every((size, i) => attachments[i]?.byteLength === size);
  if (!fits) throw MeshError.malformed(`${what} arrived with the wrong number of bytes.`);
}

/** An attachment whose size was checked. Throws MeshError `malformed` if there is none. */
export function attachmentAt(attachments: readonly Uint8Array[], index: number): Uint8Array {
  const attachment = attachments[index];
  if (!attachment) throw MeshError.malformed('An attachment is missing.');
  return attachment;
}

/** A typed-array constructor. Attachments hold numbers in little endian, which is the native order of every browser. */
interface NumberArray<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

/** Returns bytes as numbers: a view if they are aligned, otherwise a copy. The length must be a multiple of the element size. */
export function numbersIn<A>(kind: NumberArray<A>, bytes: Uint8Array): A {
  const aligned = bytes.byteOffset % kind.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new kind(aligned.buffer, aligned.byteOffset, aligned.byteLength / kind.BYTES_PER_ELEMENT);
}

/** Returns a view of the bytes of a typed array. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A vector: x, y, z. */
export type Vec3 = [number, number, number];

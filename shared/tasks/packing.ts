import type { ZodType } from 'zod';
import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';

/** Beyond it, squares and their sums lose what single precision still tells apart. */
const MAX_MAGNITUDE = 1e9;

export const real = z.number().min(-MAX_MAGNITUDE).max(MAX_MAGNITUDE);
export const vec3 = z.tuple([real, real, real]);

/** Throws MeshError `bad-input`, naming the member that is wrong. */
export function checkedInput<T>(schema: ZodType<T>, input: unknown, what: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const member = issue?.path.length ? `'${issue.path.join('.')}'` : 'input';
  throw MeshError.badInput(`The ${member} of a ${what} task is wrong: ${issue?.message ?? 'unknown'}. Correct it.`);
}

/** Throws MeshError `malformed` unless there are exactly these attachments. */
export function checkSizes(attachments: readonly Uint8Array[], sizesBytes: readonly number[], what: string): void {
  const fits =
    attachments.length === sizesBytes.length && sizesBytes.every((size, i) => attachments[i]?.byteLength === size);
  if (!fits) throw MeshError.malformed(`${what} came without all of its bytes, or with more.`);
}

/** A member of attachments that were checked. */
export function partOf(attachments: readonly Uint8Array[], at: number): Uint8Array {
  const part = attachments[at];
  if (!part) throw MeshError.malformed('An attachment is missing.');
  return part;
}

/** Numbers as they travel in attachments: little endian, which is every browser's own order. */

interface NumberArray<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

/** A view where the bytes lie well, otherwise a copy. The length must be a multiple of the number's. */
export function numbersIn<A>(kind: NumberArray<A>, bytes: Uint8Array): A {
  const aligned = bytes.byteOffset % kind.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new kind(aligned.buffer, aligned.byteOffset, aligned.byteLength / kind.BYTES_PER_ELEMENT);
}

export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** x, y, z. */
export type Vec3 = [number, number, number];

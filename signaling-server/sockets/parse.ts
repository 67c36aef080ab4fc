import { MeshError } from '../../shared/errors.ts';
import type { z } from '../../shared/zod.ts';

/** @throws MeshError `malformed`, which says where. */
export function parse<T>(schema: z.ZodType<T>, payload: unknown): T {
  const parsed = tryParse(schema, payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'message';
  throw MeshError.malformed(`The server cannot read what the page sent (${where}: ${issue?.code}).`);
}

/** zod compares the `length` of what it has refused already, and throws where that is an object without a value. */
function tryParse<T>(schema: z.ZodType<T>, payload: unknown) {
  try {
    return schema.safeParse(payload);
  } catch (cause) {
    throw new MeshError('malformed', 'The server cannot read what the page sent: a length is no number.', { cause });
  }
}

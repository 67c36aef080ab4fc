import { MeshError } from '../shared/errors.ts';
import type { z } from '../shared/zod.ts';

/** @throws MeshError `malformed`, which says where. */
export function parse<T>(schema: z.ZodType<T>, payload: unknown): T {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'message';
  throw MeshError.malformed(`The server cannot read what the page sent (${where}: ${issue?.code}).`);
}

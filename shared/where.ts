import { MeshError } from './errors.ts';

/** auto: whichever is predicted to finish first; volunteers: never here; local: never elsewhere. */
export const WHERES = ['auto', 'volunteers', 'local'] as const;
export type Where = (typeof WHERES)[number];

/** Throws MeshError `bad-input`. */
export function checkWhere(where: string): void {
  if ((WHERES as readonly string[]).includes(where)) return;
  throw MeshError.badInput(`The place to work is one of ${WHERES.join(', ')}, not '${where}'.`);
}

import { createHash } from 'node:crypto';
import { z } from '../../shared/zod.ts';

const id = z.string().max(128);
const count = z.int().min(0);

/** One line of the file that outlives a restart, as JSON. */
const entrySchema = z.union([
  /** Tasks that gamers reported of a volunteer, added up with those of other lines: history id, completed, failed. */
  z.tuple([z.literal('tasks'), id, count, count]),
  /** A gamer of a room caught a volunteer: room, gamer, history id. */
  z.tuple([z.literal('accused'), id, id, id]),
  /** An invite that is counted let in a session: invite, session, when the invite ends, ms since the Unix epoch. */
  z.tuple([z.literal('used'), id, id, count]),
]);

export type Entry = z.infer<typeof entrySchema>;

/** @returns null for what is none, such as a line that a crash cut short. */
export function readEntry(line: string): Entry | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** A room's name lets people in, so that what is kept knows it by a digest only. */
export const roomDigest = (roomKey: string) => createHash('sha256').update(roomKey).digest('base64url').slice(0, 22);

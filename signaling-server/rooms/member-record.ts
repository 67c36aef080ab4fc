import { challengeSchema, publicKeySchema } from '../../shared/identity.ts';
import {
  goneSchema,
  relayedSignalSchema,
  roleSchema,
  sessionIdSchema,
  volunteerStatusSchema,
} from '../../shared/signaling.ts';
import { TASK_NAMES } from '../../shared/tasks/names.ts';
import { z } from '../../shared/zod.ts';
import { socketInfoSchema } from './connection.ts';

/** What waits for a member whose socket is away. */
const letterSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('signal'), body: relayedSignalSchema }),
  z.object({ kind: z.literal('gone'), body: goneSchema }),
]);
export type Letter = z.infer<typeof letterSchema>;

/** A member as one instance leaves it to the next, in Redis. What a room's reports say is the store's. */
export const memberRecordSchema = z.object({
  id: sessionIdSchema,
  role: roleSchema,
  name: z.string(),
  place: z.object({ name: z.string(), inviteOnly: z.boolean(), isLobby: z.boolean().exactOptional() }),
  status: volunteerStatusSchema,
  reputation: z.object({ completed: z.number(), failed: z.number() }),
  claim: z
    .object({ publicKey: publicKeySchema, sessionId: sessionIdSchema, host: z.string(), challenge: challengeSchema })
    .nullable(),
  identity: z.string().nullable(),
  needs: z.array(z.enum(TASK_NAMES)).readonly(),
  isSeeking: z.boolean(),
  isOwner: z.boolean(),
  invite: z.object({ id: z.string(), expiresAtMs: z.number() }).nullable(),
  /** Who was removed from its room. */
  removed: z.array(z.string()),
  peers: z.array(sessionIdSchema),
  partners: z.array(z.tuple([z.string(), z.number()])),
  met: z.array(z.tuple([z.string(), z.string()])),
  waiting: z.array(letterSchema),
  /** Null while its socket is away. */
  visit: socketInfoSchema.nullable(),
});
export type MemberRecord = z.infer<typeof memberRecordSchema>;

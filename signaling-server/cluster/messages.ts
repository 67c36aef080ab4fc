import {
  goneSchema,
  introductionSchema,
  type Joined,
  joinedSchema,
  joinSchema,
  relayedSignalSchema,
  wireErrorSchema,
} from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import { socketInfoSchema } from '../rooms/connection.ts';
import { isEvent } from '../sockets/request-handler.ts';

const asked = { id: z.string(), from: z.string(), visit: socketInfoSchema };

/** From the instance that holds a socket to the one that decides. */
export const askSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('join'), ...asked, request: joinSchema }),
  z.object({ kind: z.literal('event'), ...asked, event: z.string().refine(isEvent), payload: z.unknown().optional() }),
  z.object({ kind: z.literal('lost'), ...asked }),
]);
export type Ask = z.infer<typeof askSchema>;

/** The answer to an {@link Ask}. */
export const replySchema = z.object({
  id: z.string(),
  answer: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), value: z.unknown().optional() }),
    z.object({ ok: z.literal(false), error: wireErrorSchema }),
  ]),
  /** The one who decides does not know this socket. */
  isStranger: z.boolean(),
});
export type Reply = z.infer<typeof replySchema>;

const to = { kind: z.literal('tell'), socketId: z.string() };

/** What a decision leads to. */
export const letterSchema = z.union([
  z.object({
    ...to,
    event: z.literal('joined'),
    body: z.object({ ok: z.literal(true), value: joinedSchema as z.ZodType<Joined> }),
  }),
  z.object({ ...to, event: z.literal('introduce'), body: introductionSchema }),
  z.object({ ...to, event: z.literal('signal'), body: relayedSignalSchema }),
  z.object({ ...to, event: z.literal('gone'), body: goneSchema }),
  z.object({ kind: z.literal('end'), socketId: z.string() }),
  z.object({ kind: z.literal('reply'), to: z.string(), reply: replySchema }),
]);
export type Letter = z.infer<typeof letterSchema>;

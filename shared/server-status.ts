import { MESH_ERROR_REASONS } from './errors.ts';
import { z } from './zod.ts';

/** Reasons for which the server refuses something: those of {@link MESH_ERROR_REASONS}, and some that only a server has. */
export const refusalReasonSchema = z.enum([...MESH_ERROR_REASONS, 'origin', 'host', 'slow', 'locked-out']);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

/** How an attempt to connect two browsers ended, as a gamer's page reports it to the server. */
export const linkOutcomeSchema = z.enum(['direct', 'relay', 'failed']);
export type LinkOutcome = z.infer<typeof linkOutcomeSchema>;

const count = z.number().min(0);

/** Content of `/status.json`. Counts are since the server started. */
export const serverStatusSchema = z.object({
  version: z.string(),
  uptimeS: count,
  draining: z.boolean(),
  now: z.object({ sockets: count, rooms: count, gamers: count, volunteers: count }),
  joins: z.object({ fresh: count, resumed: count, totalS: count }),
  matches: count,
  signals: count,
  links: z.record(linkOutcomeSchema, count),
  refusals: z.array(z.object({ event: z.string(), reason: refusalReasonSchema, count })),
  loopLagS: z.object({ p50: count, p99: count, max: count }),
  memoryBytes: count,
  cpuS: count,
});
export type ServerStatus = z.infer<typeof serverStatusSchema>;

/** The part of `/healthz` that pages use. */
export const offersSchema = z.object({
  /** Whether volunteers may come without an invite. */
  lobby: z.boolean(),
  /** Whether there is a TURN relay, so that people can hide their addresses from each other. */
  relay: z.boolean(),
});
export type Offers = z.infer<typeof offersSchema>;

/** Content of `/lan.json`: how machines on the local network reach this server. */
export const lanSchema = z.object({
  /** HTTPS addresses, the likeliest to work first; empty if it serves no HTTPS. */
  secureUrls: z.array(z.url().max(256)).max(64),
  /** Whether the certificate is self-signed, so that browsers show a warning. */
  isOwnCertificate: z.boolean(),
});
export type Lan = z.infer<typeof lanSchema>;

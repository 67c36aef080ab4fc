import { MESH_ERROR_REASONS } from './errors.ts';
import { z } from './zod.ts';

/** Why the server says no: a reason of {@link MESH_ERROR_REASONS}, or one that only a server has. */
export const refusalReasonSchema = z.enum([...MESH_ERROR_REASONS, 'origin', 'slow', 'locked-out']);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

/** How an attempt to connect two browsers ended, as a gamer's page tells the server. */
export const linkOutcomeSchema = z.enum(['direct', 'relay', 'failed']);
export type LinkOutcome = z.infer<typeof linkOutcomeSchema>;

const count = z.number().min(0);

/** What `/status.json` says. Counts are of the time since the server started. */
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

/** What `/lan.json` says: how machines of the local network reach this server. */
export const lanSchema = z.object({
  /** Addresses over HTTPS, the likeliest first; empty when it serves none. */
  secureUrls: z.array(z.url().max(256)).max(64),
  /** The server made its certificate itself, and browsers warn of it. */
  isOwnCertificate: z.boolean(),
});
export type Lan = z.infer<typeof lanSchema>;

import { z } from './zod.ts';

/** What `/lan.json` says: how machines of the local network reach this server. */
export const lanSchema = z.object({
  /** Addresses over HTTPS, the likeliest first; empty when it serves none. */
  secureUrls: z.array(z.url().max(256)).max(64),
  /** The server made its certificate itself, and browsers warn of it. */
  isOwnCertificate: z.boolean(),
});
export type Lan = z.infer<typeof lanSchema>;

import { z } from '../shared/zod.ts';

/** A socket, in words that another instance can do something with. */
export const visitSchema = z.object({
  /** The instance that holds it. */
  instance: z.string(),
  socketId: z.string(),
  /** The server as its page addresses it, `host[:port]`. */
  host: z.string(),
  /** Whom limits per address count. */
  address: z.string(),
  /** Measured round trip, ms; an assumption until then. */
  rttMs: z.number(),
});

export type Visit = Readonly<z.infer<typeof visitSchema>>;

/** The words alone, of what may be more. */
export const visitOf = ({ instance, socketId, host, address, rttMs }: Visit): Visit => ({
  ...{ instance, socketId, host, address, rttMs },
});

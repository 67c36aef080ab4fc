import { z } from '../../shared/zod.ts';

/** A socket, in words that another instance can do something with. */
export const socketInfoSchema = z.object({
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

export type SocketInfo = Readonly<z.infer<typeof socketInfoSchema>>;

/** The words alone, of what may be more. */
export const socketInfoOf = ({ instance, socketId, host, address, rttMs }: SocketInfo): SocketInfo => ({
  ...{ instance, socketId, host, address, rttMs },
});

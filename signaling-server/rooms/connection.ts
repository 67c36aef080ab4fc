import type { Introduction, Joined, PeerGone, RelayedSignal } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';

/** Describes a socket to another instance. */
export const socketInfoSchema = z.object({
  /** The instance that holds it. */
  instance: z.string(),
  socketId: z.string(),
  /** The server as its page addresses it, `host[:port]`. */
  host: z.string(),
  /** The networks that limits count it under, narrowest first, hashed: see `networksOf`. */
  networks: z.array(z.string()).min(1).readonly(),
  /** Round trip, ms; an assumption until it was measured. */
  rttMs: z.number(),
});
export type SocketInfo = Readonly<z.infer<typeof socketInfoSchema>>;

/** Copies these fields from an object that may have others. */
export const socketInfoOf = ({ instance, socketId, host, networks, rttMs }: SocketInfo): SocketInfo => ({
  ...{ instance, socketId, host, networks, rttMs },
});

/** Sends to a member's socket, whichever instance holds it. Implemented over socket.io and over Redis. */
export interface Connection extends SocketInfo {
  joined(joined: Joined): void;
  introduce(introduction: Introduction): void;
  signal(signal: RelayedSignal): void;
  gone(farewell: PeerGone): void;
  /** Ends the socket after everything sent so far; its page does not reconnect by itself. */
  close(): void;
}

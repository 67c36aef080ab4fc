import { offersSchema } from '../../shared/server-status.ts';
import type { GamerClient } from '../sdk/p2c2r.ts';

/** The part of a client that the page uses. Tests replace it with a fake. */
export type Client = Pick<
  GamerClient,
  | 'state'
  | 'volunteers'
  | 'interrupted'
  | 'hasLobby'
  | 'isPolling'
  | 'setLobby'
  | 'setRelayOnly'
  | 'room'
  | 'isOwner'
  | 'isInviteOnly'
  | 'mayInvite'
  | 'createInvite'
  | 'createInviteCode'
  | 'revokeInvite'
  | 'removeVolunteer'
  | 'gamers'
  | 'removeGamer'
  | 'openStream'
  | 'submitTask'
  | 'addEventListener'
  | 'removeEventListener'
  | 'close'
> & { diagnostics(): Promise<object> };

export type Connect = (options: NonNullable<Parameters<typeof GamerClient.connect>[0]>) => Promise<Client>;

export type FrameStream = Awaited<ReturnType<Client['openStream']>>;
export type StreamStats = ReturnType<FrameStream['stats']>;

/** The lobby is offered after the answer; a server that takes longer is away. */
const OFFERS_TIMEOUT_MS = 5_000;

/** Whether this page's server has a relay. False when the server is unreachable; joining then reports it. */
export async function findRelay(): Promise<boolean> {
  try {
    const response = await fetch(new URL('healthz', location.href), { signal: AbortSignal.timeout(OFFERS_TIMEOUT_MS) });
    return offersSchema.parse(await response.json()).relay;
  } catch {
    return false;
  }
}

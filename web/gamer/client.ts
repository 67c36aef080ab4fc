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

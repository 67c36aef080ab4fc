import type { GamerClient } from '../sdk/p2c2r.ts';

/** What the page uses of a client: a seam, so that tests can stand in for the other browsers. */
export type Client = Pick<
  GamerClient,
  | 'state'
  | 'volunteers'
  | 'hasLobby'
  | 'setLobby'
  | 'room'
  | 'isOwner'
  | 'isInviteOnly'
  | 'createInvite'
  | 'takeBackInvite'
  | 'removeVolunteer'
  | 'openStream'
  | 'submitTask'
  | 'addEventListener'
  | 'removeEventListener'
  | 'close'
>;

export type Connect = (options: NonNullable<Parameters<typeof GamerClient.connect>[0]>) => Promise<Client>;

export type FrameStream = Awaited<ReturnType<Client['openStream']>>;
export type StreamStats = ReturnType<FrameStream['stats']>;

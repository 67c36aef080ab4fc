import { randomBytes } from 'node:crypto';

/**
 * Where a member may go. Open rooms and invite-only rooms of one name are different places: whoever re-makes an open room of
 * that name after a restart is never let in among invited members, and a guest's token never closes an open room to others.
 */
export interface Place {
  name: string;
  inviteOnly: boolean;
  /** Of volunteers that serve whoever needs them; no gamer is in it. */
  isLobby?: boolean;
}

export const LOBBY: Place = { name: 'lobby', inviteOnly: false, isLobby: true };

export function placeKey({ name, inviteOnly, isLobby }: Place): string {
  if (isLobby) return 'lobby';
  return `${inviteOnly ? 'invited' : 'open'} ${name}`;
}

/** A name nobody can guess: 128 random bits, base64url. */
export const privateName = () => randomBytes(16).toString('base64url');

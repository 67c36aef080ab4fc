import { createHash, randomBytes } from 'node:crypto';

/**
 * Identifies a room. An open and an invite-only room of the same name are different rooms: a page that makes an open room under
 * the name of an invite-only one after a restart is never put among its invited members, and an invite never closes an open
 * room to others.
 */
export interface RoomAddress {
  name: string;
  inviteOnly: boolean;
  /** True for the lobby, which holds only volunteers that serve any gamer. */
  isLobby?: boolean;
}

export const LOBBY: RoomAddress = { name: 'lobby', inviteOnly: false, isLobby: true };

/** The address as one string, for maps and stores. */
export function roomKey({ name, inviteOnly, isLobby }: RoomAddress): string {
  if (isLobby) return 'lobby';
  return `${inviteOnly ? 'invited' : 'open'} ${name}`;
}

export const isSameRoom = (one: RoomAddress, other: RoomAddress) => roomKey(one) === roomKey(other);

/** A name nobody can guess: 128 random bits, base64url. */
export const newRoomName = () => randomBytes(16).toString('base64url');

/** Identifies a member of a room in a ban. Hashed, since whoever knows a room's name may enter it. */
export function membershipDigest(room: RoomAddress, memberId: string): string {
  return createHash('sha256')
    .update(`${roomKey(room)} ${memberId}`)
    .digest('base64url');
}

import { createHash, randomBytes } from 'node:crypto';

/**
 * Identifies a room. A name alone does not: when an invite-only room became empty and somebody makes one with the same name, that is a
 * different room. Invites, passes and bans refer to the id. Anyone who knows the name of an open room may enter it, so it is looked up by
 * its name; its id tells whether an owner's invite was made for this room or for an earlier one of the same name.
 */
export interface RoomAddress {
  /** 128 random bits that the server made. Only a signed token can restore a room with this id. */
  id: string;
  name: string;
  inviteOnly: boolean;
  /** True for the lobby, which holds only volunteers that serve any gamer. */
  isLobby?: boolean;
}

export const LOBBY: RoomAddress = { id: 'lobby', name: 'lobby', inviteOnly: false, isLobby: true };

/** The address of a new room. @param name absent: a random one that nobody can guess */
export function newRoom(inviteOnly: boolean, name: string = randomId()): RoomAddress {
  return { id: randomId(), name, inviteOnly };
}

/** The key of an open room. */
export const openRoomKey = (name: string) => `open ${name}`;

/** The address as one string, for maps and stores. */
export function roomKey({ id, name, inviteOnly, isLobby }: RoomAddress): string {
  if (isLobby) return 'lobby';
  return inviteOnly ? `invited ${id}` : openRoomKey(name);
}

export const isSameRoom = (one: RoomAddress, other: RoomAddress) => roomKey(one) === roomKey(other);

/** Identifies a member of a room in a ban. Hashed, so that nobody who reads the bans can tell which belong to the same room. */
export function membershipDigest({ id }: RoomAddress, memberId: string): string {
  return createHash('sha256').update(`${id} ${memberId}`).digest('base64url');
}

/** 128 random bits, base64url. */
function randomId(): string {
  return randomBytes(16).toString('base64url');
}

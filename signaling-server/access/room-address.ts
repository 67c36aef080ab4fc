import { createHash, randomBytes } from 'node:crypto';

/**
 * Identifies a room. A name is not a room: whoever makes an invite-only room anew under the name of one that fell empty makes
 * another room. Its id is what invites, passes and bans carry. An open room lets in whoever knows its name, so its name finds it;
 * its id tells whether an owner's invite was made for this room or for an earlier one of the same name.
 */
export interface RoomAddress {
  /** 128 random bits of the server. Only a signed token brings a room back under its id. */
  id: string;
  name: string;
  inviteOnly: boolean;
  /** True for the lobby, which holds only volunteers that serve any gamer. */
  isLobby?: boolean;
}

export const LOBBY: RoomAddress = { id: 'lobby', name: 'lobby', inviteOnly: false, isLobby: true };

/** The address of a room that never existed. @param name absent: one that nobody can guess */
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

/** Identifies a member of a room in a ban. Hashed, so that bans of one room have nothing in common for whoever reads them. */
export function membershipDigest({ id }: RoomAddress, memberId: string): string {
  return createHash('sha256').update(`${id} ${memberId}`).digest('base64url');
}

/** 128 random bits, base64url. */
function randomId(): string {
  return randomBytes(16).toString('base64url');
}

import type { JoinRequest } from '../../shared/signaling.ts';
import { type Invites, notInvited, WrongInvite } from '../access/invites.ts';
import type { LockOut } from '../access/lock-out.ts';
import { LOBBY, newRoomName, type RoomAddress } from '../access/room-address.ts';
import type { Member } from './member.ts';
import type { Rooms } from './rooms.ts';

export interface AdmissionConfig {
  lobby: boolean;
  /** `required`: every room is invite-only. */
  invites: 'optional' | 'required';
}

/** The room that a session may enter, and in what capacity. */
export interface Admitted extends Pick<Member, 'isOwner' | 'invite'> {
  room: RoomAddress;
  /** The session was admitted only because the invite-only room did not exist yet; it is then the one that makes it. */
  onlyIfNew: boolean;
}

interface Parts {
  config: AdmissionConfig;
  rooms: Rooms;
  invites: Invites;
  lockOut: LockOut;
}

/** Decides which room a join leads to. */
export class Admission {
  constructor(private readonly parts: Parts) {}

  /**
   * @param address the client address that wrong invites are counted against
   * @throws MeshError `not-invited`, `room-full`; `rate-limited` when the address presented too many wrong invites
   */
  async admit(sessionId: string, request: JoinRequest, address: string): Promise<Admitted> {
    const { role, room, invite, lobby = false } = request;
    const { config, rooms } = this.parts;
    const uninvited = { onlyIfNew: false, isOwner: false, invite: null };
    if (role === 'volunteer' && lobby) {
      if (!config.lobby) throw noLobby();
      return { ...uninvited, room: LOBBY };
    }
    const known = rooms.session(sessionId);
    if (known?.role === role && (room === undefined || room === known.room.name)) {
      return { room: known.room, onlyIfNew: false, isOwner: known.isOwner, invite: known.invite };
    }
    if (invite !== undefined) return this.#redeem(invite, sessionId, request, address);
    const isRequired = config.invites === 'required';
    if (isRequired && role === 'volunteer') throw invitedMembersOnly();
    const inviteOnly = isRequired || request.inviteOnly === true;
    // A gamer that makes a room owns it. A volunteer may make a room too, and waits there for gamers.
    const isOwner = role === 'gamer';
    if (room === undefined) return { ...uninvited, room: { name: newRoomName(), inviteOnly }, isOwner };
    const wanted = { name: room, inviteOnly };
    if (!inviteOnly && rooms.has(wanted)) return { ...uninvited, room: wanted };
    if (rooms.has({ name: room, inviteOnly: true })) throw invitedMembersOnly();
    return { ...uninvited, room: wanted, onlyIfNew: inviteOnly, isOwner };
  }

  async #redeem(
    token: string,
    sessionId: string,
    { role, room }: Pick<JoinRequest, 'role' | 'room'>,
    address: string,
  ): Promise<Admitted> {
    const { invites, lockOut, rooms } = this.parts;
    await lockOut.check(address);
    const grant = await invites.verify(token, { sessionId, role, room }).catch(async (cause: unknown) => {
      if (cause instanceof WrongInvite) await lockOut.count(address);
      throw cause;
    });
    // Before the use is counted, so that a full room does not use up an invite.
    rooms.checkSpace(grant.room, rooms.session(sessionId));
    await invites.countUse(grant, sessionId);
    return { room: grant.room, isOwner: grant.isOwner, invite: grant.invite, onlyIfNew: false };
  }
}

export function invitedMembersOnly() {
  return notInvited('This room lets in invited members only. Ask one of them for a link.');
}

export function noLobby() {
  return notInvited('This server has no open lobby. Ask a gamer for an invite link.');
}

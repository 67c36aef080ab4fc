import type { MeshError } from '../../shared/errors.ts';
import type { JoinRequest } from '../../shared/signaling.ts';
import {
  banOf,
  type Invites,
  type Lineage,
  notInvited,
  passBanOf,
  type Rights,
  revokedInvite,
  WrongInvite,
} from '../access/invites.ts';
import type { LockOut } from '../access/lock-out.ts';
import { LOBBY, newRoom, type RoomAddress } from '../access/room-address.ts';
import type { Rooms } from './rooms.ts';

export interface AdmissionConfig {
  lobby: boolean;
  /** `required`: every room is invite-only. */
  invites: 'optional' | 'required';
}

/** The room that a session may enter, and in what capacity. */
export interface Admitted extends Rights {
  room: RoomAddress;
  /** The session was admitted only because no invite-only room had this name yet. */
  onlyIfNew: boolean;
  /** What admitted the session; null: neither, or it is still a member. */
  by: 'invite' | 'pass' | null;
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
   * @param networks of the client, narrowest first: wrong invites are counted against the first, uses of invites against the last
   * @throws MeshError `not-invited`, `room-full`; `rate-limited` when the network presented too many wrong or counted invites
   */
  async admit(sessionId: string, request: JoinRequest, networks: readonly string[]): Promise<Admitted> {
    const { role, room, invite, lobby = false } = request;
    const { config, rooms } = this.parts;
    if (role === 'volunteer' && lobby) {
      if (!config.lobby) throw noLobby();
      return uninvited(LOBBY);
    }
    const known = rooms.session(sessionId);
    if (known?.role === role && (room === undefined || room === known.room.name)) {
      const { isOwner, mayInvite, lineage } = known;
      return { room: known.room, onlyIfNew: false, by: null, isOwner, mayInvite, lineage };
    }
    if (invite !== undefined) return this.#redeem(invite, sessionId, request, networks);
    const isRequired = config.invites === 'required';
    if (isRequired && role === 'volunteer') throw invitedMembersOnly();
    const inviteOnly = isRequired || request.inviteOnly === true;
    // A gamer that makes a room owns it. A volunteer may make a room too, and waits there for gamers.
    const isOwner = role === 'gamer';
    if (room === undefined) return { ...uninvited(newRoom(inviteOnly)), isOwner };
    const present = inviteOnly ? undefined : rooms.openRoom(room);
    if (present) return uninvited(present);
    if (rooms.isInviteOnly(room)) throw invitedMembersOnly();
    return { ...uninvited(newRoom(inviteOnly, room)), onlyIfNew: inviteOnly, isOwner };
  }

  /** Whether an invite, or one that it descends from, was revoked by the owner of a room that exists. */
  isRevoked(room: RoomAddress, lineage: Lineage): boolean {
    const removed = this.parts.rooms.removedFrom(room);
    return lineage.some((invite) => removed.has(banOf(invite)));
  }

  /** Whether somebody was removed from a room that exists who came by the same invite, from the same network. */
  arePassesEnded(room: RoomAddress, lineage: Lineage, network: string): boolean {
    const removed = this.parts.rooms.removedFrom(room);
    return lineage.some((invite) => removed.has(passBanOf(invite, network)));
  }

  async #redeem(
    token: string,
    sessionId: string,
    { role, room }: Pick<JoinRequest, 'role' | 'room'>,
    networks: readonly string[],
  ): Promise<Admitted> {
    const { invites, lockOut, rooms } = this.parts;
    const [address = '', widest = ''] = [networks.at(0), networks.at(-1)];
    await lockOut.check(address);
    const grant = await invites.verify(token, { sessionId, role, room }).catch(async (cause: unknown) => {
      if (cause instanceof WrongInvite) await lockOut.count(address);
      throw cause;
    });
    // An open room that was made anew since: its name lets everybody in, but an owner of the earlier one owns nothing here.
    const present = grant.room.inviteOnly ? undefined : rooms.openRoom(grant.room.name);
    if (present && present.id !== grant.room.id) return uninvited(present);
    if (!grant.isPass && this.isRevoked(grant.room, grant.lineage)) throw revokedInvite();
    // Before the use is counted, so that a full room does not use up an invite.
    rooms.checkSpace(grant.room, rooms.session(sessionId));
    await invites.countUse(grant, sessionId, widest);
    const { isOwner, mayInvite, lineage } = grant;
    return { room: grant.room, onlyIfNew: false, by: grant.isPass ? 'pass' : 'invite', isOwner, mayInvite, lineage };
  }
}

const uninvited = (room: RoomAddress): Admitted => ({
  ...{ room, onlyIfNew: false, by: null, isOwner: false, mayInvite: false, lineage: [] },
});

export function invitedMembersOnly(): MeshError {
  return notInvited('This room lets in invited members only. Ask one of them for a link.');
}

export function noLobby(): MeshError {
  return notInvited('This server has no open lobby. Ask a gamer for an invite link.');
}

import type { Logger } from 'pino';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type { JoinRequest } from '../../shared/signaling.ts';
import { isSameRoom, type RoomAddress } from '../access/room-address.ts';
import type { ServerClock } from '../clock.ts';
import { type Admitted, invitedMembersOnly } from './admission.ts';
import type { Connection } from './connection.ts';
import type { Introductions } from './introductions.ts';
import type { Member } from './member.ts';
import type { Rooms } from './rooms.ts';

interface Parts {
  rooms: Rooms;
  introductions: Introductions;
  clock: ServerClock;
  log: Logger;
}

/**
 * Sessions outlive their sockets: a page whose socket is lost may resume its session over another one within
 * SIGNALING.resumeGraceMs. After that the session expires, and its peers are notified.
 */
export class Sessions {
  /** Cancels the expiry of members whose socket is away. */
  readonly #graces = new Map<Member, () => void>();

  constructor(private readonly parts: Parts) {}

  /**
   * Resumes the session in its room, or moves it to this one, and gives it the newest socket.
   * @param id of the session
   * @throws MeshError `room-full`, `not-invited`
   */
  enter(id: string, request: JoinRequest, admitted: Admitted, connection: Connection) {
    const { rooms } = this.parts;
    const { role, name } = request;
    const { room, onlyIfNew } = admitted;
    const known = rooms.session(id);
    const resumed = known?.role === role && isSameRoom(known.room, room) ? known : null;
    const member = resumed ?? this.#move(known, { id, role, name }, room, onlyIfNew);
    member.attach(connection);
    this.#endGrace(member);
    return { member, resumed: resumed !== null };
  }

  /** Whether the session is in a room like this one that has another id. */
  isInNamesake(id: string, { role }: JoinRequest, room: RoomAddress): boolean {
    const known = this.parts.rooms.session(id);
    if (known?.role !== role) return false;
    return known.room.name === room.name && known.room.inviteOnly === room.inviteOnly && known.room.id !== room.id;
  }

  /** To be called when a socket is gone: its session waits for another one. */
  lost(member: Member, connection: Connection): void {
    if (!member.detach(connection) || !this.parts.rooms.isPresent(member)) return;
    this.parts.introductions.socketLost(member);
    this.beginGrace(member);
  }

  /** From now on the member has a grace period to come back in. */
  beginGrace(member: Member): void {
    const expire = () => this.remove(member, 'expired');
    this.#graces.set(member, this.parts.clock.after(SIGNALING.resumeGraceMs, expire));
  }

  /** Ends a session: its peers are notified, and are introduced to others in its place. */
  remove(member: Member, why: 'left' | 'expired' | 'removed'): void {
    const { rooms, introductions, log } = this.parts;
    this.#endGrace(member);
    rooms.remove(member);
    const formerPeers = [...member.peers.values()];
    for (const peer of formerPeers) {
      // Where it was last: it may have changed its network since the two were introduced.
      if (member.role === 'volunteer') peer.remember(member);
      peer.removePeer({ peerId: member.id, why });
    }
    member.peers.clear();
    log.debug({ member: member.id, why }, 'gone');
    introductions.left(member, formerPeers);
  }

  close(): void {
    for (const cancel of this.#graces.values()) cancel();
    this.#graces.clear();
  }

  #move(
    known: Member | undefined,
    identity: Pick<Member, 'id' | 'role' | 'name'>,
    room: RoomAddress,
    onlyIfNew: boolean,
  ): Member {
    const { rooms } = this.parts;
    // Another page may have made the room since this one was admitted.
    if (onlyIfNew && rooms.isInviteOnly(room.name)) throw invitedMembersOnly();
    // Before it leaves its old room: a page that finds the new one full stays where it is.
    rooms.checkSpace(room, known);
    if (known) {
      known.dismiss();
      this.remove(known, 'left');
    }
    return rooms.add(identity, room);
  }

  #endGrace(member: Member): void {
    this.#graces.get(member)?.();
    this.#graces.delete(member);
  }
}

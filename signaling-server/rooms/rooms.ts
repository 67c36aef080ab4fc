import { MeshError } from '../../shared/errors.ts';
import type { Role } from '../../shared/signaling.ts';
import { openRoomKey, type RoomAddress, roomKey } from '../access/room-address.ts';
import { Member, type MemberObserver } from './member.ts';
import { WaitingBudget, type WaitingLimits } from './waiting-events.ts';

/** Ids that a room remembers as removed, besides the store; the oldest are forgotten. Each removal takes up to four. */
const MAX_REMOVED_PER_ROOM = 256;

interface Room {
  address: RoomAddress;
  members: Map<string, Member>;
  /** Session and history ids that may not return while the room exists, revoked invites, and from where passes are not taken any more. */
  removed: Set<string>;
}

export interface Counts {
  rooms: number;
  gamers: number;
  volunteers: number;
}

interface Capacity {
  /** Members per room; does not apply to the lobby. */
  roomCapacity: number;
  /** Members of all rooms together. */
  maxSessions: number;
}

/** Which members are in which room. A room exists while it has members. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #sessions = new Map<string, Member>();
  /** How many invite-only rooms have a name. */
  readonly #inviteOnlyNames = new Map<string, number>();
  readonly #waiting: WaitingBudget;

  constructor(
    private readonly capacity: Capacity,
    private readonly observer?: MemberObserver | undefined,
    waitingLimits?: WaitingLimits,
  ) {
    this.#waiting = new WaitingBudget(waitingLimits);
  }

  /** The open room of this name. */
  openRoom(name: string): RoomAddress | undefined {
    return this.#rooms.get(openRoomKey(name))?.address;
  }

  /** Whether an invite-only room has this name. */
  isInviteOnly(name: string): boolean {
    return this.#inviteOnlyNames.has(name);
  }

  members(address: RoomAddress): Iterable<Member> {
    return this.#rooms.get(roomKey(address))?.members.values() ?? [];
  }

  session(id: string): Member | undefined {
    return this.#sessions.get(id);
  }

  /** Whether the member is still in its room. Code that awaited something may hold one that has left since. */
  isPresent(member: Member): boolean {
    return this.#sessions.get(member.id) === member;
  }

  /**
   * Checks that one more member fits into a room.
   * @param leaving a member that gives up its own place for this one
   * @throws MeshError `room-full`
   */
  checkSpace(address: RoomAddress, leaving?: Member): void {
    const members = this.#rooms.get(roomKey(address))?.members;
    const size = (members?.size ?? 0) - (leaving && members?.has(leaving.id) ? 1 : 0);
    if (!address.isLobby && size >= this.capacity.roomCapacity) {
      throw new MeshError(
        'room-full',
        `This room is full (${size} members). Wait for somebody to leave, or make another.`,
      );
    }
    if (this.#sessions.size - (leaving ? 1 : 0) >= this.capacity.maxSessions) {
      throw new MeshError('room-full', 'This server is full. Try again in a few minutes, or use another server.');
    }
  }

  /**
   * Adds a session that is in no room, making the room if needed.
   * @throws MeshError `room-full`
   */
  add({ id, role, name }: { id: string; role: Role; name: string }, address: RoomAddress): Member {
    this.checkSpace(address);
    const key = roomKey(address);
    const room = this.#rooms.get(key) ?? this.#make(address);
    const member = new Member(id, role, name, room.address, this.observer, this.#waiting);
    member.removed = room.removed;
    room.members.set(id, member);
    this.#sessions.set(id, member);
    return member;
  }

  remove(member: Member): void {
    const key = roomKey(member.room);
    const room = this.#rooms.get(key);
    room?.members.delete(member.id);
    if (room?.members.size === 0) this.#end(room.address);
    this.#sessions.delete(member.id);
    member.forgetWaiting();
    this.observer?.memberRemoved(member.id);
  }

  /** What {@link markRemoved} was told of a room that exists. */
  removedFrom(address: RoomAddress): ReadonlySet<string> {
    return this.#rooms.get(roomKey(address))?.removed ?? new Set();
  }

  /** @param ids session and history ids that may not return into a room while it exists, or invites that were revoked */
  markRemoved(address: RoomAddress, ids: readonly string[]): void {
    const removed = this.#rooms.get(roomKey(address))?.removed;
    if (!removed) return;
    for (const id of ids) removed.add(id);
    for (const member of this.members(address)) member.changed();
    for (const id of removed) {
      if (removed.size <= MAX_REMOVED_PER_ROOM) return;
      removed.delete(id);
    }
  }

  #make(address: RoomAddress): Room {
    const room = { address, members: new Map<string, Member>(), removed: new Set<string>() };
    this.#rooms.set(roomKey(address), room);
    if (address.inviteOnly) this.#countName(address.name, 1);
    return room;
  }

  #end(address: RoomAddress): void {
    this.#rooms.delete(roomKey(address));
    if (address.inviteOnly) this.#countName(address.name, -1);
  }

  #countName(name: string, change: 1 | -1): void {
    const count = (this.#inviteOnlyNames.get(name) ?? 0) + change;
    if (count > 0) this.#inviteOnlyNames.set(name, count);
    else this.#inviteOnlyNames.delete(name);
  }

  counts(): Counts {
    let gamers = 0;
    for (const { role } of this.#sessions.values()) if (role === 'gamer') gamers++;
    return { rooms: this.#rooms.size, gamers, volunteers: this.#sessions.size - gamers };
  }
}

import { MeshError } from '../../shared/errors.ts';
import type { Role } from '../../shared/signaling.ts';
import { type Place, placeKey } from '../access/room-address.ts';
import { COORDINATOR } from '../tuning.ts';
import { Member, type Mirror } from './member.ts';

interface Room {
  place: Place;
  members: Map<string, Member>;
  /** Who may not come back while it lives: session and history ids. */
  removed: Set<string>;
}

export interface Counts {
  rooms: number;
  gamers: number;
  volunteers: number;
}

interface Limits {
  /** Members of one room; the lobby has no bound of its own. */
  roomCapacity: number;
  /** Members of all rooms. */
  maxSessions: number;
}

/** Who is where. A room exists while it has members. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #sessions = new Map<string, Member>();

  constructor(
    private readonly limits: Limits,
    private readonly mirror?: Mirror | undefined,
  ) {}

  has(place: Place): boolean {
    return this.#rooms.has(placeKey(place));
  }

  members(place: Place): Iterable<Member> {
    return this.#rooms.get(placeKey(place))?.members.values() ?? [];
  }

  session(id: string): Member | undefined {
    return this.#sessions.get(id);
  }

  /**
   * @param leaving - gives up its own place to come here.
   * @throws MeshError `room-full`
   */
  checkSpace(place: Place, leaving?: Member): void {
    const members = this.#rooms.get(placeKey(place))?.members;
    const size = (members?.size ?? 0) - (leaving && members?.has(leaving.id) ? 1 : 0);
    if (!place.isLobby && size >= this.limits.roomCapacity) {
      throw new MeshError(
        'room-full',
        `This room is full (${size} members). Wait for somebody to leave, or make another.`,
      );
    }
    if (this.#sessions.size - (leaving ? 1 : 0) >= this.limits.maxSessions) {
      throw new MeshError('room-full', 'This server is full. Try again in a few minutes, or use another server.');
    }
  }

  /**
   * Adds a session that is in no room, making the room if needed.
   * @throws MeshError `room-full`
   */
  add({ id, role, name }: { id: string; role: Role; name: string }, place: Place): Member {
    this.checkSpace(place);
    const key = placeKey(place);
    const room = this.#rooms.get(key) ?? { place, members: new Map(), removed: new Set() };
    const member = new Member(id, role, name, room.place, this.mirror);
    member.removed = room.removed;
    room.members.set(id, member);
    this.#rooms.set(key, room);
    this.#sessions.set(id, member);
    return member;
  }

  remove(member: Member): void {
    const key = placeKey(member.place);
    const room = this.#rooms.get(key);
    room?.members.delete(member.id);
    if (room?.members.size === 0) this.#rooms.delete(key);
    this.#sessions.delete(member.id);
    this.mirror?.removed(member.id);
  }

  /** Who may not come back into a room while it lives. */
  removed(place: Place): ReadonlySet<string> {
    return this.#rooms.get(placeKey(place))?.removed ?? new Set();
  }

  bar(place: Place, ids: readonly string[]): void {
    const removed = this.#rooms.get(placeKey(place))?.removed;
    if (!removed) return;
    for (const id of ids) removed.add(id);
    for (const member of this.members(place)) member.changed();
    for (const id of removed) {
      if (removed.size <= COORDINATOR.maxRemovedPerRoom) return;
      removed.delete(id);
    }
  }

  counts(): Counts {
    let gamers = 0;
    for (const { role } of this.#sessions.values()) if (role === 'gamer') gamers++;
    return { rooms: this.#rooms.size, gamers, volunteers: this.#sessions.size - gamers };
  }
}

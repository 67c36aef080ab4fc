import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import type { EventPayload } from '../../shared/signaling.ts';
import { type Invites, notInvited, PASS_VALID_S } from '../access/invites.ts';
import { RateLimit } from '../access/rate-limit.ts';
import { isSameRoom, membershipDigest, type RoomAddress } from '../access/room-address.ts';
import type { ServerClock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { Introductions } from './introductions.ts';
import type { Member } from './member.ts';
import type { Rooms } from './rooms.ts';

/** Removals and revocations of one owner: more than a room's worth of mishaps. */
export const OWNER_ACTION_LIMIT = { events: 64, windowMs: 600_000, maxKeys: 10_000 } as const;

interface Parts {
  rooms: Rooms;
  introductions: Introductions;
  invites: Invites;
  store: Pick<Store, 'ban' | 'isBanned'>;
  clock: ServerClock;
  log: Logger;
  /** Takes a member out of its room. */
  removeMember(member: Member): void;
}

/** What only the owner of a room may do: revoke invites and remove volunteers. */
export class OwnerActions {
  readonly #limit = new RateLimit(OWNER_ACTION_LIMIT);

  constructor(private readonly parts: Parts) {}

  /**
   * Revokes an invite. Members that it admitted earlier stay.
   * @throws MeshError `not-invited` when the sender is no owner, or the token is no invite into its room; `rate-limited`
   */
  async revoke(owner: Member, { token }: EventPayload<'revoke'>): Promise<void> {
    await this.#check(owner);
    const { invites } = this.parts;
    await invites.revoke(await invites.find(token, owner.room));
  }

  /**
   * Removes a volunteer: one of the room leaves it, one of the lobby leaves only the room's gamers. Neither returns while the room
   * exists, and the invite that admitted the volunteer is revoked.
   * @throws MeshError `not-invited` when the sender is no owner, or never met the volunteer; `rate-limited`
   */
  async remove(owner: Member, { volunteerId }: EventPayload<'remove'>): Promise<void> {
    await this.#check(owner);
    const { rooms, introductions, invites, log } = this.parts;
    const { room } = owner;
    const found = rooms.session(volunteerId);
    const isHere = found?.role === 'volunteer' && isSameRoom(found.room, room);
    // A volunteer that has left already is kept from returning.
    const historyId = isHere ? found.historyId : owner.historyIdOf(volunteerId);
    if (historyId === undefined) throw notInvited('This volunteer is not in your room.');
    rooms.markRemoved(room, [volunteerId, historyId]);
    if (room.inviteOnly) await Promise.all([this.#ban(room, volunteerId), this.#ban(room, historyId)]);
    if (isHere && found.invite) await invites.revoke(found.invite);
    log.info({ owner: owner.id, volunteer: historyId }, 'a volunteer was removed');
    const volunteer = rooms.session(volunteerId);
    if (volunteer && isSameRoom(volunteer.room, room)) this.expel(volunteer);
    else if (volunteer) introductions.removeFromGamers(room, volunteer);
  }

  /** @param id a session id or a history id */
  async isRemoved(room: RoomAddress, id: string): Promise<boolean> {
    if (this.parts.rooms.removedFrom(room).has(id)) return true;
    return room.inviteOnly && this.parts.store.isBanned(banOf(room, id));
  }

  /** Ends the session of a volunteer that was removed, and tells it why. */
  expel(volunteer: Member): void {
    volunteer.dismiss('removed');
    this.parts.removeMember(volunteer);
  }

  /** Outlasts every pass issued before, since the invites of an invite-only room can make the room again after its end. */
  async #ban(room: RoomAddress, id: string): Promise<void> {
    const { store, clock } = this.parts;
    await store.ban(banOf(room, id), clock.epochMs() + PASS_VALID_S * 1_000);
  }

  async #check(owner: Member): Promise<void> {
    if (!owner.isOwner) throw notInvited('Only the owner of this room can do this: the player who made it.');
    if (!(await this.#limit.take(owner.id))) {
      throw new MeshError('rate-limited', 'You did this many times. Wait ten minutes, or make a new room.');
    }
  }
}

const banOf = (room: RoomAddress, id: string) => `member ${membershipDigest(room, id)}`;

import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import { type EventPayload, MAX_LISTED_GAMERS, type RoomGamer } from '../../shared/signaling.ts';
import type { InviteCodes } from '../access/invite-codes.ts';
import { banOf, type InviteRef, type Invites, notInvited, PASS_VALID_S, passBanOf } from '../access/invites.ts';
import { RateLimit } from '../access/rate-limit.ts';
import { isSameRoom, membershipDigest, type RoomAddress, roomKey } from '../access/room-address.ts';
import type { ServerClock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { Introductions } from './introductions.ts';
import type { Arrived, Member } from './member.ts';
import type { Rooms } from './rooms.ts';

/** Removals and revocations of one owner: more than a room's worth of mishaps. */
export const OWNER_ACTION_LIMIT = { events: 64, windowMs: 600_000, maxKeys: 10_000 } as const;

/** Who does not return: session and history ids, and bans of passes. */
interface Removed {
  ids: readonly string[];
  passes: readonly string[];
}

interface Parts {
  rooms: Rooms;
  introductions: Introductions;
  invites: Invites;
  codes: Pick<InviteCodes, 'end'>;
  store: Pick<Store, 'ban' | 'isBanned'>;
  clock: ServerClock;
  log: Logger;
  /** Takes a member out of its room. */
  removeMember(member: Member): void;
}

/**
 * What only the owner of a room may do: revoke invites and remove members. Both take effect in the room at once. The store
 * then keeps them for the time after a restart, or after the room was empty; if that fails, they hold in the room all the same.
 */
export class OwnerActions {
  readonly #limit = new RateLimit(OWNER_ACTION_LIMIT);

  constructor(private readonly parts: Parts) {}

  /**
   * Revokes an invite, and with it those that descend from it. Members that they admitted earlier stay.
   * @throws MeshError `not-invited` when the sender is no owner, or the token is no invite into its room; `rate-limited`
   */
  async revoke(owner: Member, { token }: EventPayload<'revoke'>): Promise<void> {
    await this.#check(owner);
    const { room } = owner;
    const invite = await this.parts.invites.find(token, room);
    this.parts.rooms.markRemoved(room, [banOf(invite)]);
    await this.#remember(owner, { ids: [], passes: [] }, invite);
  }

  /**
   * Removes a volunteer: one of the room leaves it, one of the lobby leaves only the room's gamers. Neither returns while the room
   * exists, and the invite that admitted the volunteer is revoked, also where it has left since.
   * @throws MeshError `not-invited` when the sender is no owner, or never met the volunteer; `rate-limited`
   */
  async remove(owner: Member, { volunteerId }: EventPayload<'remove'>): Promise<void> {
    await this.#check(owner);
    const { rooms, introductions, log } = this.parts;
    const { room } = owner;
    const volunteer = rooms.session(volunteerId);
    const isHere = volunteer?.role === 'volunteer' && isSameRoom(volunteer.room, room);
    // A volunteer that has left already is kept from returning.
    const historyId = isHere ? volunteer.historyId : owner.historyIdOf(volunteerId);
    if (historyId === undefined)
      throw notInvited('This volunteer is not in your room. It may have left: look who is there.');
    const ids = [...new Set([volunteerId, historyId])];
    const arrived = isHere ? volunteer : owner.admissionOf(volunteerId);
    const invite = arrived.lineage.at(-1);
    const passes = passBansOf(room, arrived);
    rooms.markRemoved(room, [...ids, ...passes, ...(invite ? [banOf(invite)] : [])]);
    if (isHere) this.expel(volunteer);
    else if (volunteer && !isSameRoom(volunteer.room, room)) introductions.removeFromGamers(room, volunteer);
    log.info({ owner: owner.id, volunteer: historyId }, 'a volunteer was removed');
    await this.#remember(owner, { ids, passes }, invite);
  }

  /**
   * Lists the other gamers of a room.
   * @throws MeshError `not-invited` when the sender is no owner
   */
  gamers(owner: Member): RoomGamer[] {
    refuseGuests(owner);
    const others = [...this.parts.rooms.members(owner.room)].filter(({ role }) => role === 'gamer');
    return others
      .filter(({ id }) => id !== owner.id)
      .slice(0, MAX_LISTED_GAMERS)
      .map(({ id, name, isOwner }) => ({ id, name, owner: isOwner }));
  }

  /**
   * Removes a gamer, which does not return with its session while the room exists; the invite that admitted it is revoked, and so are
   * those that it made. An owner cannot be removed, so that who got hold of an owner's invite does not remove who made the room.
   * @throws MeshError `not-invited` when the sender is no owner, or the gamer is one or is not there; `rate-limited`
   */
  async removeGamer(owner: Member, { gamerId }: EventPayload<'removeGamer'>): Promise<void> {
    await this.#check(owner);
    const { rooms, log } = this.parts;
    const gamer = rooms.session(gamerId);
    if (gamer?.role !== 'gamer' || !isSameRoom(gamer.room, owner.room)) {
      throw notInvited('This gamer is not in your room. It may have left: look who is there.');
    }
    if (gamer.isOwner) throw notInvited('This gamer owns the room as well, so it cannot be removed. Make a new room.');
    const invite = gamer.lineage.at(-1);
    const passes = passBansOf(owner.room, gamer);
    rooms.markRemoved(owner.room, [gamerId, ...passes, ...(invite ? [banOf(invite)] : [])]);
    this.expel(gamer);
    log.info({ owner: owner.id, gamer: gamerId }, 'a gamer was removed');
    await this.#remember(owner, { ids: [gamerId], passes }, invite);
  }

  /** @param id a session id or a history id */
  async isRemoved(room: RoomAddress, id: string): Promise<boolean> {
    if (this.parts.rooms.removedFrom(room).has(id)) return true;
    return room.inviteOnly && this.parts.store.isBanned(memberBan(room, id));
  }

  /** Ends the session of a member that was removed, and tells it why. */
  expel(member: Member): void {
    member.dismiss('removed');
    this.parts.removeMember(member);
  }

  /** Has the store remember a removal or revocation for as long as tokens issued before are valid. Only logs what fails. */
  async #remember({ room, network }: Member, { ids, passes }: Removed, invite: InviteRef | undefined): Promise<void> {
    const { store, clock, invites, codes, log } = this.parts;
    const quota = { room: roomKey(room), network };
    const untilMs = clock.epochMs() + PASS_VALID_S * 1_000;
    const members = room.inviteOnly ? ids.map((id) => memberBan(room, id)) : [];
    // The invite first: where a quota is used up, what is left protects most.
    const bans = invite ? [invites.revoke(invite, quota), codes.end(invite)] : [];
    for (const ban of [...members, ...passes]) bans.push(store.ban(ban, untilMs, quota));
    for (const { reason } of (await Promise.allSettled(bans)).filter((ban) => ban.status === 'rejected')) {
      log.warn({ err: reason }, 'a removal or revocation is lost when its room becomes empty or this server stops');
    }
  }

  async #check(owner: Member): Promise<void> {
    refuseGuests(owner);
    if (!(await this.#limit.take(owner.id))) {
      throw new MeshError('rate-limited', 'You did this many times. Wait ten minutes, or make a new room.');
    }
  }
}

function refuseGuests({ isOwner }: Member): void {
  if (!isOwner) throw notInvited('Only the owner of this room can do this: the player who made it.');
}

/** Of a member that is removed: by the invite that admitted it, and from where it was connected. Open rooms have no passes. */
function passBansOf({ inviteOnly }: RoomAddress, { lineage, networks: [network] }: Arrived): string[] {
  const invite = lineage.at(-1);
  return inviteOnly && invite && network !== undefined ? [passBanOf(invite, network)] : [];
}

const memberBan = (room: RoomAddress, id: string) => `member ${membershipDigest(room, id)}`;

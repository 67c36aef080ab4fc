import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import type { Removal, TakeBackRequest } from '../../shared/signaling.ts';
import type { Bans } from '../access/bans.ts';
import { type Invites, notInvited } from '../access/invites.ts';
import type { ServerClock } from '../boot/clock.ts';
import { RateLimit } from '../sockets/rate-limit.ts';
import { COORDINATOR } from '../tuning.ts';
import type { Introductions } from './introductions.ts';
import type { Member } from './member.ts';
import { type Place, placeKey } from './place.ts';
import type { Rooms } from './rooms.ts';

interface Parts {
  rooms: Rooms;
  introductions: Introductions;
  bans: Bans;
  invites: Invites;
  clock: ServerClock;
  log: Logger;
  /** Takes a member out of its room. */
  depart(member: Member): void;
}

/** What the owner of a room may do: take invites back, and be rid of volunteers. */
export class OwnerActs {
  readonly #limit: RateLimit;

  constructor(private readonly parts: Parts) {
    this.#limit = new RateLimit(COORDINATOR.ownerActs);
  }

  /**
   * Whoever came by the invite already stays.
   * @throws MeshError `not-invited` from anybody else, or about what is no invite into this room; `rate-limited`
   */
  async takeBack(owner: Member, { token }: TakeBackRequest): Promise<void> {
    await this.#count(owner);
    const { invites, bans } = this.parts;
    await bans.takeBack(await invites.known(token, owner.place));
  }

  /**
   * A volunteer of the room leaves it, one of the lobby only the room's gamers. Neither comes back while the room lives, nor does
   * the invite that it came by let in anybody new.
   * @throws MeshError `not-invited` from anybody else, or about a stranger; `rate-limited`
   */
  async remove(owner: Member, { volunteerId }: Removal): Promise<void> {
    await this.#count(owner);
    const { rooms, introductions, bans, log } = this.parts;
    const { place } = owner;
    const found = rooms.session(volunteerId);
    const isHere = found?.role === 'volunteer' && placeKey(found.place) === placeKey(place);
    // It may have left: then it shall not come back.
    const historyId = isHere ? found.historyId : owner.historyOf(volunteerId);
    if (historyId === undefined) throw notInvited('This volunteer is not in your room.');
    rooms.bar(place, [volunteerId, historyId]);
    if (place.inviteOnly) await Promise.all([bans.remove(place, volunteerId), bans.remove(place, historyId)]);
    if (isHere && found.invite) await bans.takeBack(found.invite);
    log.info({ owner: owner.id, volunteer: historyId }, 'a volunteer was removed');
    const volunteer = rooms.session(volunteerId);
    if (volunteer && placeKey(volunteer.place) === placeKey(place)) this.expel(volunteer);
    else if (volunteer) introductions.keepApart(place, volunteer);
  }

  async isRemoved(place: Place, who: string): Promise<boolean> {
    if (this.parts.rooms.removed(place).has(who)) return true;
    return place.inviteOnly && this.parts.bans.isRemoved(place, who);
  }

  /** Ends the presence of one that was removed, and tells it so. */
  expel(volunteer: Member): void {
    volunteer.dismiss('removed');
    this.parts.depart(volunteer);
  }

  async #count(owner: Member): Promise<void> {
    if (!owner.isOwner) throw notInvited('Only the owner of this room can do this: whoever made it.');
    if (!(await this.#limit.take(owner.id))) {
      throw new MeshError('rate-limited', 'That was often. Wait ten minutes, or make a new room.');
    }
  }
}

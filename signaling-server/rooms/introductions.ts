import type { VolunteerStatus } from '../../shared/signaling.ts';
import type { Place } from '../access/room-address.ts';
import { Lobby } from '../lobby/lobby.ts';
import { hasAccused, helpersOf, match, standing } from '../lobby/suitability.ts';
import type { Member } from './member.ts';
import type { Rooms } from './rooms.ts';

/** Brings gamers and volunteers together, and apart again where the lobby has too few volunteers. */
export class Introductions {
  readonly #rooms: Pick<Rooms, 'members' | 'session'>;
  readonly #maxIntroductions: number;
  /** Gamers who take help from the lobby, those that are away included. */
  readonly #seekers = new Set<Member>();
  readonly #lobby: Lobby<Member, Member>;
  readonly #onMatch: () => void;

  constructor(
    rooms: Pick<Rooms, 'members' | 'session'>,
    { maxIntroductions, onMatch }: { maxIntroductions: number; onMatch(): void },
  ) {
    this.#rooms = rooms;
    this.#onMatch = onMatch;
    this.#maxIntroductions = maxIntroductions;
    this.#lobby = new Lobby(maxIntroductions, {
      bring: (gamer, volunteer) => this.#bring({ gamer, volunteer }),
      part: separate,
    });
  }

  /**
   * A member came, or something of it changed: introduces whom that allows to, of its own room first, then those that the lobby can
   * help.
   */
  arrange(member: Member): void {
    this.#file(member);
    this.#matchIn(member.place);
    this.#lobby.settle();
  }

  /** A volunteer told how it is. */
  statusChanged(volunteer: Member, before: VolunteerStatus): void {
    const { accepting, maxGamers, tasks } = volunteer.status;
    // Load changes the order of the next introductions; only these change who may be introduced.
    const isNew = before.accepting !== accepting || before.maxGamers !== maxGamers || `${before.tasks}` !== `${tasks}`;
    if (isNew) this.arrange(volunteer);
    else this.rated(volunteer);
  }

  /** It is more or less worth than before. */
  rated(volunteer: Member): void {
    if (volunteer.isOfLobby && this.#isPresent(volunteer)) this.#lobby.rate(volunteer);
  }

  /** A member lost its socket: it keeps whom it knows and meets nobody. */
  away(member: Member): void {
    this.#file(member);
  }

  /** A gamer takes help from the lobby, or no longer; to be {@link arrange arranged}. */
  seek(gamer: Member, isSeeking: boolean): void {
    if (isSeeking) {
      this.#seekers.add(gamer);
      return;
    }
    this.#seekers.delete(gamer);
    this.#lobby.seekNoMore(gamer);
    for (const peer of [...gamer.peers.values()]) if (peer.isOfLobby) this.#separate(gamer, peer);
  }

  /** A volunteer of elsewhere leaves all gamers of a place. */
  keepApart(place: Place, volunteer: Member): void {
    for (const gamer of this.#rooms.members(place)) {
      if (gamer.peers.has(volunteer.id)) this.#separate(gamer, volunteer);
    }
    // It has space for others now, and they for others.
    this.#matchIn(place);
    this.#lobby.settle();
  }

  /** A member is gone for good, and has parted from those it knew. */
  gone(member: Member, knew: readonly Member[]): void {
    this.#seekers.delete(member);
    this.#lobby.seekNoMore(member);
    this.#lobby.offerNoMore(member);
    for (const peer of knew) this.#file(peer);
    this.#matchIn(member.place);
    this.#lobby.settle();
  }

  /** The lobby has no members of both roles. */
  #matchIn(place: Place): void {
    if (place.isLobby) return;
    const members = [...this.#rooms.members(place)];
    const present = members.filter(({ isAvailable }) => isAvailable);
    const gamers = present.filter(({ role }) => role === 'gamer');
    const volunteers = present.filter(({ role }) => role === 'volunteer');
    const maxIntroductions = this.#maxIntroductions;
    for (const pair of match(gamers, volunteers, maxIntroductions, ({ isOfLobby }) => !isOfLobby)) this.#bring(pair);
    for (const gamer of gamers) this.#giveWay(gamer);
    for (const member of members) this.#file(member);
  }

  /** Tells the lobby how a member is now. */
  #file(member: Member): void {
    if (!this.#isPresent(member)) return;
    if (member.isOfLobby) {
      if (member.isAvailable) this.#lobby.offer(member);
      else this.#lobby.offerNoMore(member);
    } else if (this.#seekers.has(member)) {
      if (member.online) this.#lobby.seek(member);
      else this.#lobby.seekNoMore(member);
    }
  }

  /** What was waited for may have outlasted the member. */
  #isPresent(member: Member): boolean {
    return this.#rooms.session(member.id) === member;
  }

  #bring({ gamer, volunteer }: { gamer: Member; volunteer: Member }): void {
    gamer.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(gamer.id, gamer);
    gamer.meet(volunteer);
    introduce(gamer, volunteer);
    this.#onMatch();
  }

  #separate(gamer: Member, volunteer: Member): void {
    separate(gamer, volunteer);
    this.#file(volunteer);
  }

  /** Volunteers of the lobby leave a gamer that its own room has since found enough others for, the worst first. */
  #giveWay(gamer: Member): void {
    const surplus = helpersOf(gamer) - this.#maxIntroductions;
    if (surplus <= 0) return;
    const strangers = [...gamer.peers.values()]
      .filter((peer) => peer.isOfLobby && peer.status.accepting && !hasAccused(gamer, peer.historyId))
      .sort((a, b) => standing(gamer, a) - standing(gamer, b));
    for (const volunteer of strangers.slice(0, surplus)) this.#separate(gamer, volunteer);
  }
}

/** Ends the acquaintance of two that both stay. */
function separate(one: Member, other: Member): void {
  one.part({ peerId: other.id, why: 'left' });
  other.part({ peerId: one.id, why: 'left' });
}

/** Tells both sides of a pair about each other, whichever of them asked. */
export function introduce(one: Member, other: Member): void {
  const [gamer, volunteer] = one.role === 'gamer' ? [one, other] : [other, one];
  const score = Math.max(0, standing(gamer, volunteer));
  gamer.introduce(volunteer, score);
  volunteer.introduce(gamer, score);
}

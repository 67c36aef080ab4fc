import type { IceGrant, VolunteerStatus } from '../../shared/signaling.ts';
import type { RoomAddress } from '../access/room-address.ts';
import { Lobby } from '../lobby/lobby.ts';
import { hasAccused, helperCount, rankingScore } from '../lobby/suitability.ts';
import { match } from './matchmaker.ts';
import type { Member } from './member.ts';
import type { Rooms } from './rooms.ts';

/** Volunteers that a gamer is introduced to: a frame needs few, and each link costs a peer connection. */
export const DEFAULT_MAX_INTRODUCTIONS = 8;

interface IntroductionOptions {
  maxIntroductions: number;
  /** Called when a gamer and a volunteer are newly introduced. */
  onMatch(): void;
  /** Credentials for the relay, which each introduction brings; undefined where there is none. */
  grantFor(member: Member): IceGrant | undefined;
}

/** Introduces gamers and volunteers, and ends introductions again where the lobby has too few volunteers. */
export class Introductions {
  readonly #rooms: Pick<Rooms, 'members' | 'isPresent'>;
  readonly #maxIntroductions: number;
  /** Gamers that accept help from the lobby, including those whose socket is away. */
  readonly #seekers = new Set<Member>();
  readonly #lobby: Lobby<Member, Member>;
  readonly #onMatch: () => void;
  readonly #grantFor: (member: Member) => IceGrant | undefined;

  constructor(
    rooms: Pick<Rooms, 'members' | 'isPresent'>,
    { maxIntroductions, onMatch, grantFor }: IntroductionOptions,
  ) {
    this.#rooms = rooms;
    this.#onMatch = onMatch;
    this.#grantFor = grantFor;
    this.#maxIntroductions = maxIntroductions;
    this.#lobby = new Lobby(maxIntroductions, {
      pair: (gamer, volunteer) => this.#pair({ gamer, volunteer }),
      unpair,
    });
  }

  /** Makes the introductions that a new or changed member allows: within its room first, then with the lobby. */
  update(member: Member): void {
    this.#updateLobby(member);
    this.#matchIn(member.room);
    this.#lobby.rebalance();
  }

  /** To be called after a volunteer's status was replaced. */
  statusChanged(volunteer: Member, before: VolunteerStatus): void {
    const { accepting, maxGamers, tasks } = volunteer.status;
    // Load changes only the order of later introductions; the other fields change who may be introduced.
    const hasChanged =
      before.accepting !== accepting || before.maxGamers !== maxGamers || `${before.tasks}` !== `${tasks}`;
    if (hasChanged) this.update(volunteer);
    else this.scoreChanged(volunteer);
  }

  /** To be called when nothing but a volunteer's score changed. */
  scoreChanged(volunteer: Member): void {
    if (volunteer.isOfLobby && this.#rooms.isPresent(volunteer)) this.#lobby.rerank(volunteer);
  }

  /** To be called when a member lost its socket: it keeps its peers and meets nobody new. */
  socketLost(member: Member): void {
    this.#updateLobby(member);
  }

  /** Sets whether a gamer accepts help from the lobby. New introductions are made by the next {@link update}. */
  seek(gamer: Member, isSeeking: boolean): void {
    if (isSeeking) {
      this.#seekers.add(gamer);
      return;
    }
    this.#seekers.delete(gamer);
    this.#lobby.removeGamer(gamer);
    for (const peer of [...gamer.peers.values()]) if (peer.isOfLobby) this.#unpair(gamer, peer);
  }

  /** Ends the introductions of a volunteer that is not in this room to all gamers of the room. */
  removeFromGamers(room: RoomAddress, volunteer: Member): void {
    for (const gamer of this.#rooms.members(room)) {
      if (gamer.peers.has(volunteer.id)) this.#unpair(gamer, volunteer);
    }
    // The volunteer has a place for another gamer now, and the gamers have places for other volunteers.
    this.#matchIn(room);
    this.#lobby.rebalance();
  }

  /**
   * To be called after a member left its room and its peers.
   * @param formerPeers the members that it was introduced to
   */
  left(member: Member, formerPeers: readonly Member[]): void {
    this.#seekers.delete(member);
    this.#lobby.removeGamer(member);
    this.#lobby.removeVolunteer(member);
    for (const peer of formerPeers) this.#updateLobby(peer);
    this.#matchIn(member.room);
    this.#lobby.rebalance();
  }

  #matchIn(room: RoomAddress): void {
    // All members of the lobby are volunteers.
    if (room.isLobby) return;
    const members = [...this.#rooms.members(room)];
    const available = members.filter(({ isAvailable }) => isAvailable);
    const gamers = available.filter(({ role, worksAlone }) => role === 'gamer' && !worksAlone);
    const volunteers = available.filter(({ role }) => role === 'volunteer');
    const maxIntroductions = this.#maxIntroductions;
    for (const pair of match(gamers, volunteers, maxIntroductions, ({ isOfLobby }) => !isOfLobby)) this.#pair(pair);
    for (const gamer of gamers) this.#releaseSurplus(gamer);
    for (const member of members) this.#updateLobby(member);
  }

  /** Tells the lobby the present state of a member. */
  #updateLobby(member: Member): void {
    if (!this.#rooms.isPresent(member)) return;
    if (member.isOfLobby) {
      if (member.isAvailable) this.#lobby.addVolunteer(member);
      else this.#lobby.removeVolunteer(member);
    } else if (this.#seekers.has(member)) {
      if (member.online) this.#lobby.addGamer(member);
      else this.#lobby.removeGamer(member);
    }
  }

  #pair({ gamer, volunteer }: { gamer: Member; volunteer: Member }): void {
    gamer.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(gamer.id, gamer);
    gamer.remember(volunteer);
    introduce(gamer, volunteer, this.#grantFor);
    this.#onMatch();
  }

  #unpair(gamer: Member, volunteer: Member): void {
    unpair(gamer, volunteer);
    this.#updateLobby(volunteer);
  }

  /** Releases lobby volunteers, worst first, from a gamer that has since found enough volunteers in its own room. */
  #releaseSurplus(gamer: Member): void {
    const surplus = helperCount(gamer) - this.#maxIntroductions;
    if (surplus <= 0) return;
    const ofLobby = [...gamer.peers.values()]
      .filter((peer) => peer.isOfLobby && peer.status.accepting && !hasAccused(gamer, peer.historyId))
      .sort((a, b) => rankingScore(gamer, a) - rankingScore(gamer, b));
    for (const volunteer of ofLobby.slice(0, surplus)) this.#unpair(gamer, volunteer);
  }
}

/** Ends an introduction of two members that both stay. */
function unpair(gamer: Member, volunteer: Member): void {
  gamer.removePeer({ peerId: volunteer.id, why: 'left' });
  volunteer.removePeer({ peerId: gamer.id, why: 'left' });
}

/** Tells the two members of a pair about each other, given in any order. */
export function introduce(one: Member, other: Member, grantFor: IntroductionOptions['grantFor']): void {
  const [gamer, volunteer] = one.role === 'gamer' ? [one, other] : [other, one];
  const score = Math.max(0, rankingScore(gamer, volunteer));
  gamer.introduce(volunteer, score, grantFor(gamer));
  volunteer.introduce(gamer, score, grantFor(volunteer));
}

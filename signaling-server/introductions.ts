import { fairMove } from './lobby.ts';
import { hasAccused, helpersOf, match, standing } from './matchmaker.ts';
import type { Member } from './member.ts';
import { LOBBY, type Place } from './place.ts';
import type { Rooms } from './rooms.ts';

/** Brings gamers and volunteers together, and apart again where the lobby has too few volunteers. */
export class Introductions {
  readonly #rooms: Pick<Rooms, 'members'>;
  readonly #maxIntroductions: number;
  /** Gamers who take help from the lobby. */
  readonly #seekers = new Set<Member>();

  readonly #onMatch: () => void;

  constructor(
    rooms: Pick<Rooms, 'members'>,
    { maxIntroductions, onMatch }: { maxIntroductions: number; onMatch(): void },
  ) {
    this.#rooms = rooms;
    this.#onMatch = onMatch;
    this.#maxIntroductions = maxIntroductions;
  }

  /** Introduces whom a change in this place allows to: its own members first, then those that the lobby can help. */
  matchIn(place: Place): void {
    const present = [...this.#rooms.members(place)].filter(({ isAvailable }) => isAvailable);
    const gamers = present.filter(({ role }) => role === 'gamer');
    const volunteers = present.filter(({ role }) => role === 'volunteer');
    const maxIntroductions = this.#maxIntroductions;
    for (const pair of match(gamers, volunteers, maxIntroductions, ({ isOfLobby }) => !isOfLobby)) this.#bring(pair);
    for (const gamer of gamers) giveWay(gamer, maxIntroductions);
    this.#matchLobby();
  }

  #matchLobby(): void {
    const seekers = [...this.#seekers].filter(({ online }) => online);
    const volunteers = [...this.#rooms.members(LOBBY)].filter(({ isAvailable }) => isAvailable);
    if (seekers.length === 0 || volunteers.length === 0) return;
    for (const pair of match(seekers, volunteers, this.#maxIntroductions)) this.#bring(pair);
    for (let move = fairMove(seekers, volunteers); move; move = fairMove(seekers, volunteers)) {
      separate(move.from, move.volunteer);
      this.#bring({ gamer: move.to, volunteer: move.volunteer });
    }
  }

  /** A gamer takes help from the lobby, or no longer. */
  seek(gamer: Member, isSeeking: boolean): void {
    if (isSeeking) {
      this.#seekers.add(gamer);
      return;
    }
    this.#seekers.delete(gamer);
    for (const peer of [...gamer.peers.values()]) if (peer.isOfLobby) separate(gamer, peer);
  }

  /** A volunteer of elsewhere leaves all gamers of a place. */
  keepApart(place: Place, volunteer: Member): void {
    for (const gamer of this.#rooms.members(place)) if (gamer.peers.has(volunteer.id)) separate(gamer, volunteer);
    // It has space for others now.
    this.matchIn(place);
  }

  /** A member is gone for good. */
  forget(member: Member): void {
    this.#seekers.delete(member);
  }

  #bring({ gamer, volunteer }: { gamer: Member; volunteer: Member }): void {
    gamer.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(gamer.id, gamer);
    gamer.met.set(volunteer.id, volunteer.historyId);
    introduce(gamer, volunteer);
    this.#onMatch();
  }
}

/** Volunteers of the lobby leave a gamer that its own room has since found enough others for, the worst first. */
function giveWay(gamer: Member, maxIntroductions: number): void {
  const surplus = helpersOf(gamer) - maxIntroductions;
  if (surplus <= 0) return;
  const strangers = [...gamer.peers.values()]
    .filter((peer) => peer.isOfLobby && peer.status.accepting && !hasAccused(gamer, peer.historyId))
    .sort((a, b) => standing(gamer, a) - standing(gamer, b));
  for (const volunteer of strangers.slice(0, surplus)) separate(gamer, volunteer);
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

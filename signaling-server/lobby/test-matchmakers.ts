import type { VolunteerStatus } from '../../shared/signaling.ts';
import { DEFAULT_MAX_INTRODUCTIONS, Introductions } from '../rooms/introductions.ts';
import type { Member } from '../rooms/member.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { canIntroduce, canServe, remainingIntroductions, taskSet } from './suitability.ts';

/** Decides to whom a gamer is introduced. */
export interface Matchmaker {
  /** A member has joined its room. */
  arrived(member: Member): void;
  /** A member has left its room. */
  left(member: Member): void;
  statusChanged(volunteer: Member, before: VolunteerStatus): void;
  /** Gamers have reported how it did. */
  rated(volunteer: Member): void;
}

/** The coordinator's own. */
export function ours(rooms: Rooms): Matchmaker {
  const introductions = new Introductions(rooms, {
    maxIntroductions: DEFAULT_MAX_INTRODUCTIONS,
    onMatch() {},
    grantFor: () => undefined,
  });
  return {
    arrived(member) {
      if (member.role === 'gamer') introductions.seek(member, true);
      introductions.update(member);
    },
    left: (member) => introductions.left(member, partFromAll(member)),
    statusChanged: (volunteer, before) => introductions.statusChanged(volunteer, before),
    rated: (volunteer) => introductions.scoreChanged(volunteer),
  };
}

/**
 * What a sensible server without a ranking would do: a gamer is given volunteers in turn until it has enough. If there are none it
 * waits in a queue; the first in it is given the next volunteer, and goes to its end if it wants more. Introductions stay. Room,
 * capability and the number of introductions are respected as ours does.
 */
export class RoundRobin implements Matchmaker {
  /** Gamers that want another volunteer, the longest waiting first. */
  readonly #waiting = new Set<Member>();
  /** Volunteers that have room for another gamer; the one that was taken last comes last. */
  readonly #vacant = new Set<Member>();

  arrived(member: Member): void {
    if (member.role === 'gamer') this.#serve(member);
    else this.#offer(member);
  }

  left(member: Member): void {
    this.#waiting.delete(member);
    this.#vacant.delete(member);
    const known = partFromAll(member);
    for (const peer of known) if (peer.role === 'volunteer') this.#offer(peer);
    for (const peer of known) if (peer.role === 'gamer') this.#serve(peer);
  }

  statusChanged(volunteer: Member, before: VolunteerStatus): void {
    if (before.accepting === volunteer.status.accepting) return;
    this.#offer(volunteer);
    for (const gamer of volunteer.peers.values()) this.#serve(gamer);
  }

  rated(): void {}

  #offer(volunteer: Member): void {
    this.#update(volunteer);
    while (hasCapacity(volunteer)) {
      const gamer = firstOf(this.#waiting, (one) => canHelp(volunteer, one));
      if (!gamer) return;
      this.#introduce(gamer, volunteer);
      this.#waiting.delete(gamer);
      if (wantsMore(gamer)) this.#waiting.add(gamer);
    }
  }

  #serve(gamer: Member): void {
    while (wantsMore(gamer)) {
      const volunteer = firstOf(this.#vacant, (one) => canHelp(one, gamer));
      if (!volunteer) {
        this.#waiting.add(gamer);
        return;
      }
      this.#introduce(gamer, volunteer);
    }
    this.#waiting.delete(gamer);
  }

  #introduce(gamer: Member, volunteer: Member): void {
    gamer.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(gamer.id, gamer);
    // It goes to the end if it still has room.
    this.#vacant.delete(volunteer);
    this.#update(volunteer);
  }

  #update(volunteer: Member): void {
    if (hasCapacity(volunteer)) this.#vacant.add(volunteer);
    else this.#vacant.delete(volunteer);
  }
}

function firstOf(members: Iterable<Member>, isWanted: (member: Member) => boolean): Member | null {
  for (const member of members) if (isWanted(member)) return member;
  return null;
}

function wantsMore(gamer: Member): boolean {
  return remainingIntroductions(gamer, DEFAULT_MAX_INTRODUCTIONS) > 0;
}

function hasCapacity({ status, peers, online }: Member): boolean {
  return online && status.accepting && peers.size < status.maxGamers;
}

function canHelp(volunteer: Member, gamer: Member): boolean {
  return (
    hasCapacity(volunteer) &&
    canIntroduce(gamer, volunteer) &&
    canServe(taskSet(volunteer.status.tasks), taskSet(gamer.needs))
  );
}

/** As the coordinator does when a member leaves. */
function partFromAll(member: Member): Member[] {
  const known = [...member.peers.values()];
  for (const peer of known) peer.removePeer({ peerId: member.id, why: 'left' });
  member.peers.clear();
  return known;
}

import type { VolunteerStatus } from '../../shared/signaling.ts';
import { isOfUse, taskSet } from '../../signaling-server/lobby/lobby-keys.ts';
import { Introductions } from '../../signaling-server/rooms/introductions.ts';
import { isWelcome, placesOf } from '../../signaling-server/rooms/matchmaker.ts';
import type { Member } from '../../signaling-server/rooms/member.ts';
import type { Rooms } from '../../signaling-server/rooms/rooms.ts';
import { COORDINATOR } from '../../signaling-server/tuning.ts';
import type { Random } from './people.ts';

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
  const introductions = new Introductions(rooms, { maxIntroductions: COORDINATOR.maxIntroductions, onMatch() {} });
  return {
    arrived(member) {
      if (member.role === 'gamer') introductions.seek(member, true);
      introductions.arrange(member);
    },
    left: (member) => introductions.gone(member, partFromAll(member)),
    statusChanged: (volunteer, before) => introductions.statusChanged(volunteer, before),
    rated: (volunteer) => introductions.rated(volunteer),
  };
}

/** Volunteers that have room for another gamer. */
interface Vacancies {
  add(volunteer: Member): void;
  delete(volunteer: Member): void;
  /** The next volunteer for this gamer, of those that may help it. */
  next(gamer: Member): Member | null;
}

/** Volunteers with room in turn: the one that was taken comes after all others. */
export function roundRobin(): Matchmaker {
  const queue = new Set<Member>();
  return new PlainMatchmaker({
    add: (volunteer) => queue.add(volunteer),
    delete: (volunteer) => queue.delete(volunteer),
    next(gamer) {
      const volunteer = firstOf(queue, (one) => canHelp(one, gamer));
      // It is added again, at the end, if it still has room.
      if (volunteer) queue.delete(volunteer);
      return volunteer;
    },
  });
}

/** Any volunteer with room, each with the same probability. */
export function randomly(random: Random): Matchmaker {
  const members: Member[] = [];
  const places = new Map<Member, number>();
  return new PlainMatchmaker({
    add(volunteer) {
      if (!places.has(volunteer)) places.set(volunteer, members.push(volunteer) - 1);
    },
    delete(volunteer) {
      const place = places.get(volunteer);
      const last = members.at(-1);
      if (place === undefined || !last) return;
      members[place] = last;
      places.set(last, place);
      members.pop();
      places.delete(volunteer);
    },
    next(gamer) {
      for (let tries = 0; tries < MAX_TRIES && members.length > 0; tries++) {
        const volunteer = members[Math.floor(random.next() * members.length)] as Member;
        if (canHelp(volunteer, gamer)) return volunteer;
      }
      return members.length <= MAX_TRIES ? firstOf(members, (volunteer) => canHelp(volunteer, gamer)) : null;
    },
  });
}

/** Most volunteers can help any gamer: if none of so many can, none is looked for any longer, unless only so few are left. */
const MAX_TRIES = 100;

/**
 * What a sensible server without a ranking would do: a gamer is given volunteers until it has enough. If there are none it waits in
 * a queue; the first in it is given the next volunteer, and goes to its end if it wants more. Introductions stay. Room, capability
 * and the number of introductions are respected as ours does.
 */
class PlainMatchmaker implements Matchmaker {
  readonly #waiting = new Set<Member>();
  readonly #vacancies: Vacancies;

  constructor(vacancies: Vacancies) {
    this.#vacancies = vacancies;
  }

  arrived(member: Member): void {
    if (member.role === 'gamer') this.#serve(member);
    else this.#offer(member);
  }

  left(member: Member): void {
    this.#waiting.delete(member);
    this.#vacancies.delete(member);
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
    while (hasRoom(volunteer)) {
      const gamer = firstOf(this.#waiting, (one) => canHelp(volunteer, one));
      if (!gamer) return;
      this.#introduce(gamer, volunteer);
      this.#waiting.delete(gamer);
      if (wantsMore(gamer)) this.#waiting.add(gamer);
    }
  }

  #serve(gamer: Member): void {
    while (wantsMore(gamer)) {
      const volunteer = this.#vacancies.next(gamer);
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
    this.#update(volunteer);
  }

  #update(volunteer: Member): void {
    if (hasRoom(volunteer)) this.#vacancies.add(volunteer);
    else this.#vacancies.delete(volunteer);
  }
}

function firstOf<T>(items: Iterable<T>, isWanted: (item: T) => boolean): T | null {
  for (const item of items) if (isWanted(item)) return item;
  return null;
}

function wantsMore(gamer: Member): boolean {
  return placesOf(gamer, COORDINATOR.maxIntroductions) > 0;
}

function hasRoom({ status, peers, online }: Member): boolean {
  return online && status.accepting && peers.size < status.maxGamers;
}

function canHelp(volunteer: Member, gamer: Member): boolean {
  return (
    hasRoom(volunteer) && isWelcome(gamer, volunteer) && isOfUse(taskSet(volunteer.status.tasks), taskSet(gamer.needs))
  );
}

/** As the coordinator does when a member leaves. */
function partFromAll(member: Member): Member[] {
  const known = [...member.peers.values()];
  for (const peer of known) peer.part({ peerId: member.id, why: 'left' });
  member.peers.clear();
  return known;
}

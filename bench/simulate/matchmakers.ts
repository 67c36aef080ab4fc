import type { VolunteerStatus } from '../../shared/signaling.ts';
import { isOfUse, isWelcome, placesOf, taskSet } from '../../signaling-server/lobby/suitability.ts';
import { DEFAULT_MAX_INTRODUCTIONS, Introductions } from '../../signaling-server/rooms/introductions.ts';
import type { Member } from '../../signaling-server/rooms/member.ts';
import type { Rooms } from '../../signaling-server/rooms/rooms.ts';
import { Line } from './line.ts';
import type { Random } from './random.ts';

/** Who decides whom a gamer is introduced to. */
export interface Matchmaker {
  /** A member is there, and in its room. */
  arrived(member: Member): void;
  /** A member is gone, and out of its room. */
  left(member: Member): void;
  statusChanged(volunteer: Member, before: VolunteerStatus): void;
  /** Gamers have told how it did. */
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
    left(member) {
      introductions.left(member, partedFromAll(member));
    },
    statusChanged: (volunteer, before) => introductions.statusChanged(volunteer, before),
    rated: (volunteer) => introductions.scoreChanged(volunteer),
  };
}

/** Volunteers that have room for another gamer. */
interface Vacancies {
  add(volunteer: Member): void;
  delete(volunteer: Member): void;
  /** The next for this gamer, of those that may help it. */
  next(gamer: Member): Member | null;
}

/** Each volunteer with room in turn: who was taken comes after all others. */
export function roundRobin(): Matchmaker {
  const line = new Line<Member>();
  return new PlainMatchmaker({
    add: (volunteer) => line.join(volunteer, taskSet(volunteer.status.tasks)),
    delete: (volunteer) => line.leave(volunteer),
    next(gamer) {
      const volunteer = line.firstOfUse(taskSet(gamer.needs), (one) => canHelp(one, gamer));
      // It is added again, at the end, if it still has room.
      if (volunteer) line.leave(volunteer);
      return volunteer;
    },
  });
}

/** Any volunteer with room, each as likely. */
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
      // Few are left.
      return members.length <= MAX_LEFT ? (members.find((volunteer) => canHelp(volunteer, gamer)) ?? null) : null;
    },
  });
}

/** Most are of use: who finds none in so many tries finds none. */
const MAX_TRIES = 100;
const MAX_LEFT = 100;

/**
 * What a sane server without a ranking would do: a gamer is given volunteers until it has enough; when there are none it waits in a
 * line, whose first is given the next one and goes to its end if it wants more. Nobody is parted from whom they have. Room,
 * capability and the number of introductions are respected as ours does.
 */
class PlainMatchmaker implements Matchmaker {
  readonly #waiting = new Line<Member>();
  readonly #vacancies: Vacancies;

  constructor(vacancies: Vacancies) {
    this.#vacancies = vacancies;
  }

  arrived(member: Member): void {
    if (member.role === 'gamer') this.#serve(member);
    else this.#offer(member);
  }

  left(member: Member): void {
    this.#waiting.leave(member);
    this.#vacancies.delete(member);
    const knew = partedFromAll(member);
    for (const peer of knew) if (peer.role === 'volunteer') this.#offer(peer);
    for (const peer of knew) if (peer.role === 'gamer') this.#serve(peer);
  }

  statusChanged(volunteer: Member, before: VolunteerStatus): void {
    if (before.accepting === volunteer.status.accepting) return;
    this.#offer(volunteer);
    for (const gamer of volunteer.peers.values()) this.#serve(gamer);
  }

  rated(): void {}

  #offer(volunteer: Member): void {
    this.#file(volunteer);
    const can = taskSet(volunteer.status.tasks);
    while (hasRoom(volunteer)) {
      const gamer = this.#waiting.firstInNeed(can, (one) => canHelp(volunteer, one));
      if (!gamer) return;
      this.#introduce(gamer, volunteer);
      this.#waiting.leave(gamer);
      if (isHungry(gamer)) this.#waiting.join(gamer, taskSet(gamer.needs));
    }
  }

  #serve(gamer: Member): void {
    while (isHungry(gamer)) {
      const volunteer = this.#vacancies.next(gamer);
      if (!volunteer) {
        this.#waiting.join(gamer, taskSet(gamer.needs));
        return;
      }
      this.#introduce(gamer, volunteer);
    }
    this.#waiting.leave(gamer);
  }

  #introduce(gamer: Member, volunteer: Member): void {
    gamer.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(gamer.id, gamer);
    this.#file(volunteer);
  }

  #file(volunteer: Member): void {
    if (hasRoom(volunteer)) this.#vacancies.add(volunteer);
    else this.#vacancies.delete(volunteer);
  }
}

function isHungry(gamer: Member): boolean {
  return placesOf(gamer, DEFAULT_MAX_INTRODUCTIONS) > 0;
}

function hasRoom({ status, peers, online }: Member): boolean {
  return online && status.accepting && peers.size < status.maxGamers;
}

function canHelp(volunteer: Member, gamer: Member): boolean {
  return (
    hasRoom(volunteer) && isWelcome(gamer, volunteer) && isOfUse(taskSet(volunteer.status.tasks), taskSet(gamer.needs))
  );
}

/** What the coordinator does when a member departs. */
function partedFromAll(member: Member): Member[] {
  const knew = [...member.peers.values()];
  for (const peer of knew) peer.removePeer({ peerId: member.id, why: 'left' });
  member.peers.clear();
  return knew;
}
